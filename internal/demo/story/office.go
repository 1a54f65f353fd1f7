package story

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed routine.txt
var routineText string

// routine is one of the things that happen in an office.
type routine struct {
	weight                     int
	parent, program, as, label string
}

func readRoutines() []routine {
	var list []routine
	rows("routine.txt", routineText, 5, func(c []string) {
		list = append(list, routine{number(c[0]), c[1], c[2], c[3], c[4]})
	})
	return list
}

// The stations, and who works at each. A station without a time of its first
// start was running when it got its agent; one without a leave stays on.
var stations = []struct {
	name, user, rid string
	firstUp, leave  string // yesterday
	up              string // today
}{
	{"ACC-01", "elena.mora", "1131", "10:06:10", "17:34:30", "07:52:05"},
	{"ACC-02", "jorge.ruiz", "1132", "10:08:44", "17:05:12", "08:31:40"},
	{"ACC-03", "marta.sanz", "1133", "10:11:02", "18:11:50", "08:04:22"},
	{"ACC-04", "pablo.leon", "1134", "10:07:31", "16:58:05", "08:12:59"},
	{"ACC-05", "laura.gil", "1135", "", "17:31:44", "08:33:08"},
	{"ACC-06", "diego.paz", "1136", "", "17:29:03", "09:02:47"},
	{"ACC-07", "ana.garcia", "1137", "10:09:26", "17:32:18", "08:21:33"},
	{"DEV-01", "carlos.vega", "1140", "", "19:02:27", "08:47:16"},
	{"DEV-02", "irene.soto", "1141", "", "", ""},
	{"RECEPTION", "lucia.reyes", "1150", "", "18:30:09", "07:44:51"},
	{"FILESRV-01", "", "", "", "", ""},
}

// office returns all that ran, by station and its starts.
func office(world map[string]*program) []*boot {
	routines := readRoutines()
	var all []*boot
	for i, s := range stations {
		var boots []*boot
		add := func(up, down time.Time) *boot {
			b := newBoot(world, s.name, uint64(118+37*i+len(boots)), up, down)
			boots = append(boots, b)
			b.system(s.user != "")
			if s.user != "" {
				b.user = person(s.user, s.rid, 0x40000+b.rng.Uint64N(0x90000))
				b.logon(up.Add(time.Duration(35+b.rng.IntN(50)) * time.Second))
			}
			return b
		}
		first := yesterday("07:20:00").Add(time.Duration(i*211) * time.Second)
		if s.firstUp != "" {
			first = yesterday(s.firstUp)
		}
		if s.user == "" {
			first = first.AddDate(0, 0, -2)
		}
		var down time.Time
		if s.leave != "" {
			down = yesterday(s.leave)
		}
		b := add(first, down)
		if s.user == "" {
			b.server()
		} else {
			b.work(later(first.Add(4*time.Minute), begin.Add(time.Minute)), yesterday("16:50:00"), routines, 9)
		}
		if s.up != "" {
			b = add(today(s.up), time.Time{})
		}
		if s.user != "" {
			b.work(later(b.up.Add(4*time.Minute), today("08:30:00")), end.Add(-3*time.Minute), routines, 9)
		}
		if strings.HasPrefix(s.name, "DEV") {
			develop(boots)
		}
		if s.name == "ACC-07" {
			b.infection()
		}
		if s.name == "RECEPTION" {
			b.spread()
		}
		b.oddities()
		all = append(all, boots...)
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// account returns the account that a routine names.
func (b *boot) account(name string) *account {
	switch name {
	case "system":
		return &hosted
	case "network":
		return &networkService
	case "user":
		return &b.user
	}
	panic("no account " + name)
}

// work lets n things happen between two moments.
func (b *boot) work(from, to time.Time, list []routine, n int) {
	total := 0
	for _, r := range list {
		total += r.weight
	}
	for range n {
		at := from.Add(time.Duration(b.rng.Int64N(int64(to.Sub(from)))))
		pick := b.rng.IntN(total)
		i := 0
		for ; pick >= list[i].weight; i++ {
			pick -= list[i].weight
		}
		r := list[i]
		parent := b.named[r.parent]
		if parent == nil || !at.After(parent.start.Time) {
			continue
		}
		cmd := strings.ReplaceAll(r.label, "#", strconv.Itoa(20+b.rng.IntN(900)))
		p := b.start(parent, at, r.program, run{cmd: cmd, as: b.tabAccount(r.program, b.account(r.as)), dir: dirOf(r)})
		if r.program == "cscript" || r.program == "gpupdate" {
			b.console(p)
		}
	}
}

func dirOf(r routine) string {
	if r.as == "user" && r.parent == "explorer" {
		return `$H\Documents\`
	}
	return ""
}

// tabAccount takes rights away from the sandboxed children of a browser.
func (b *boot) tabAccount(program string, a *account) *account {
	if program == "edgetab" {
		return a.in(a.session, "untrusted").without()
	}
	return a
}

// console gives a console program its window.
func (b *boot) console(p *process) {
	life := time.Duration(0)
	if !p.stopped.IsZero() {
		life = p.stopped.Sub(p.start.Time) - time.Millisecond
	}
	b.start(p, p.start.Time.Add(4*time.Millisecond), "conhost", run{cmd: `\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`, life: max(life, time.Millisecond)})
}

// step is one start in the boot or the logon of every station.
type step struct {
	name, parent, program string
	as                    *account
	seconds               int // after the step before, times 10
	cmd                   string
}

const csrss = `%SystemRoot%\system32\csrss.exe ObjectDirectory=\Windows SharedSection=1024,20480,768 Windows=On SubSystemType=Windows`

// system starts Windows.
func (b *boot) system(workstation bool) {
	session1 := system.in(1, "system")
	host := func(name, parent string, as *account, wait int, args string) step {
		return step{name, parent, "svchost", as, wait, `C:\Windows\system32\svchost.exe -k ` + args}
	}
	steps := []step{
		{"kernel", "", "System", &system, 0, ""},
		{"smss", "kernel", "smss", &system, 4, `\SystemRoot\System32\smss.exe`},
		{"smss0", "smss", "smss", &system, 12, `\SystemRoot\System32\smss.exe 000000c8 00000084`},
		{"", "smss0", "csrss", &system, 2, csrss},
		{"smss1", "smss", "smss", session1, 6, `\SystemRoot\System32\smss.exe 000000d4 00000084`},
		{"wininit", "smss0", "wininit", &system, 1, `wininit.exe`},
		{"", "smss1", "csrss", session1, 1, csrss},
		{"winlogon", "smss1", "winlogon", session1, 3, `winlogon.exe`},
		{"services", "wininit", "services", &system, 2, `C:\Windows\system32\services.exe`},
		{"lsass", "wininit", "lsass", &system, 1, `C:\Windows\system32\lsass.exe`},
		host("dcom", "services", &hosted, 9, `DcomLaunch -p`),
		host("", "services", &networkService, 4, `RPCSS -p`),
		{"", "winlogon", "LogonUI", session1, 5, `"LogonUI.exe" /flags:0x2 /state0:0xa3b92855 /state1:0x41c64e6d`},
		{"", "winlogon", "dwm", &windowManager, 1, `"dwm.exe"`},
		host("schedule", "services", &hosted, 4, `netsvcs -p -s Schedule`),
		host("", "services", &localService, 2, `LocalServiceNetworkRestricted -p -s EventLog`),
		{"", "services", "spoolsv", &hosted, 11, `C:\Windows\System32\spoolsv.exe`},
		{"defender", "services", "MsMpEng", &hosted, 8, ""},
	}
	if workstation {
		steps = append(steps, step{"search", "services", "SearchIndexer", &hosted, 40, `C:\Windows\system32\SearchIndexer.exe /Embedding`},
			host("update", "services", &hosted, 300, `netsvcs -p -s wuauserv`),
			step{"", "dcom", "MoUsoCoreWorker", &hosted, 20, `C:\Windows\system32\MoUsoCoreWorker.exe -Embedding`})
	} else {
		steps = append(steps, step{"safekeep", "services", "safekeep", &hosted, 30, ""},
			host("", "services", &hosted, 4, `netsvcs -p -s LanmanServer`),
			host("", "services", &networkService, 5, `NetworkService -p -s WinRM`))
	}
	b.steps(b.up, steps)
}

func (b *boot) steps(at time.Time, steps []step) {
	for _, s := range steps {
		at = at.Add(time.Duration(s.seconds)*100*time.Millisecond + time.Duration(b.rng.IntN(900_000))*100)
		r := run{cmd: s.cmd, as: s.as, life: b.stepLife(s)}
		if parent := b.named[s.parent]; parent != nil {
			at = later(at, parent.start.Time.Add(time.Millisecond))
		}
		p := b.start(b.named[s.parent], at, s.program, r)
		if s.name != "" {
			b.named[s.name] = p
		}
	}
}

func (b *boot) stepLife(s step) time.Duration {
	switch {
	case strings.HasPrefix(s.name, "smss") && s.name != "smss":
		return time.Duration(2400+b.rng.IntN(900)) * time.Millisecond
	case strings.HasSuffix(s.program, "tab"):
		return forever // graphics and network, not a page
	case s.program == "LogonUI":
		return time.Duration(60+b.rng.IntN(50)) * time.Second
	}
	return 0
}

// logon lets the station's user log on and open the day's programs.
func (b *boot) logon(at time.Time) {
	u := &b.user
	tab := func(kind string, n int) string {
		return fmt.Sprintf(`$0 --type=%s --field-trial-handle=%d,i --lang=es /prefetch:%d`, kind, 1900+b.rng.IntN(400), n)
	}
	low := u.in(1, "low").without()
	steps := []step{
		{"userinit", "winlogon", "userinit", u, 0, `C:\Windows\system32\userinit.exe`},
		{"explorer", "userinit", "explorer", u, 6, `C:\Windows\Explorer.EXE`},
		{"", "schedule", "taskhostw", u, 3, `taskhostw.exe {222A245B-E637-4AE9-A93F-A59CA119A75E}`},
		{"", "dcom", "sihost", u, 1, `sihost.exe`},
		{"", "dcom", "RuntimeBroker", u, 12, `C:\Windows\System32\RuntimeBroker.exe -Embedding`},
		{"mapdrives", "userinit", "powershell", u, 9, `powershell.exe -NoProfile -ExecutionPolicy Bypass -File \\acme.example\netlogon\mapdrives.ps1`},
		{"plaza", "explorer", "plaza", u, 90, `$0 --autostart`},
		{"", "plaza", "plazatab", u, 11, `$0 --type=gpu-process --user-data-dir="$H\AppData\Roaming\Plaza" --gpu-preferences=UAAAAAAAAADgAAAYAAAA`},
		{"outlook", "explorer", "OUTLOOK", u, 700 + b.rng.IntN(600), ""},
		{"edge", "explorer", "msedge", u, 500 + b.rng.IntN(900), `$0 --profile-directory=Default`},
		{"", "edge", "edgetab", low, 9, tab("gpu-process", 2)},
		{"", "edge", "edgetab", u, 2, tab("utility --utility-sub-type=network.mojom.NetworkService", 3)},
	}
	switch {
	case strings.HasPrefix(b.station, "ACC"):
		steps = append(steps, step{"ledger", "explorer", "ledger", u, 600, `$0 /server:FILESRV-01 /company:ACME`})
	case strings.HasPrefix(b.station, "DEV"):
		steps = append(steps, step{"code", "explorer", "code", u, 400, `$0 $H\src\stock`},
			step{"", "code", "codetab", u, 12, `$0 --type=renderer --user-data-dir="$H\AppData\Roaming\Quill" --renderer-client-id=4`},
			step{"shell", "code", "powershell", u, 300, `$0 -NoLogo`})
	}
	b.steps(at, steps)
	if m := b.named["mapdrives"]; m != nil && m.parent.stopped.Before(m.start.Time) {
		m.start.Time = m.parent.stopped.Add(-time.Second)
	}
	if shell := b.named["shell"]; shell != nil { // it is used all day
		shell.stopped = time.Time{}
	}
	b.console(b.named["mapdrives"])
}
