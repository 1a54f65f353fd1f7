package story

import (
	"fmt"
	"strings"
	"time"
)

// develop lets a developer build and test: many short processes at once.
func develop(boots []*boot) {
	moments := map[string][]string{
		"DEV-01": {"11:42:10", "15:20:31", "09:12:40", "11:31:05"},
		"DEV-02": {"14:05:55", "10:20:18"},
	}
	for i, m := range moments[boots[0].station] {
		at, b := yesterday(m), boots[0]
		if strings.HasPrefix(m, "09") || i == len(moments[b.station])-1 {
			at, b = today(m), boots[len(boots)-1]
		}
		b.start(b.named["shell"], at.Add(-40*time.Second), "git", run{cmd: `git.exe pull --rebase origin main`, dir: `$H\src\stock`})
		if i%2 == 0 {
			b.build(at)
		} else {
			b.buildC(at)
		}
	}
}

// build runs go test, which compiles the packages and runs what it made.
func (b *boot) build(at time.Time) {
	dir := `$H\src\stock`
	g := b.start(b.named["shell"], at, "go", run{cmd: `go.exe test ./...`, dir: dir, life: 14 * time.Second})
	for i, pkg := range strings.Fields("internal/abi internal/money internal/csvio stock/item stock/order stock/report stock/web stock") {
		cmd := fmt.Sprintf(`$0 -o $H\AppData\Local\Temp\go-build2871\b%03d\_pkg_.a -trimpath "$H\AppData\Local\Temp\go-build2871\b%03d=>" -p acme.example/%s -lang=go1.21 -complete -c=4 -nolocalimports -pack .\%s.go`,
			i+2, i+2, pkg, pkg[strings.LastIndexByte(pkg, '/')+1:])
		b.start(g, at.Add(time.Duration(700+i*900)*time.Millisecond), "gocompile", run{cmd: cmd, dir: dir})
	}
	b.start(g, at.Add(9*time.Second), "golink", run{cmd: `$0 -o $H\AppData\Local\Temp\go-build2871\b001\stock.test.exe -buildmode=pie -extld=gcc $H\AppData\Local\Temp\go-build2871\b001\_pkg_.a`, dir: dir})
	b.start(g, at.Add(12*time.Second), "apptest", run{cmd: `$0 -test.paniconexit0 -test.timeout=10m0s`, dir: dir, exit: uint32(b.rng.IntN(2))})
}

// buildC compiles a few files of C: each gcc starts a compiler and an assembler.
func (b *boot) buildC(at time.Time) {
	dir := `$H\src\scale\firmware`
	for i, file := range strings.Fields("main uart scale display") {
		t := at.Add(time.Duration(i*2600) * time.Millisecond)
		tmp := fmt.Sprintf(`$H\AppData\Local\Temp\cc%c%cQ2x`, 'A'+b.rng.IntN(26), 'a'+b.rng.IntN(26))
		g := b.start(b.named["shell"], t, "gcc", run{cmd: fmt.Sprintf(`gcc.exe -O2 -Wall -c %s.c -o %s.o`, file, file), dir: dir, life: 2200 * time.Millisecond})
		b.start(g, t.Add(90*time.Millisecond), "cc1", run{cmd: fmt.Sprintf(`cc1.exe -quiet -iprefix C:/mingw64/ %s.c -quiet -dumpbase %s.c -O2 -Wall -o %s.s`, file, file, tmp), dir: dir, life: 1300 * time.Millisecond})
		b.start(g, t.Add(1700*time.Millisecond), "as", run{cmd: fmt.Sprintf(`as.exe -o %s.o %s.s`, file, tmp), dir: dir, life: 200 * time.Millisecond})
	}
	b.start(b.named["shell"], at.Add(12*time.Second), "ld", run{cmd: `ld.exe -m i386pep -o scale.exe main.o uart.o scale.o display.o -lmingw32 -lgcc`, dir: dir})
}

// server is what happens on the file server: a backup at night, which reads
// the list of shadow copies as an extortionist would, and an administrator's
// remote session, which looks around as an intruder would.
func (b *boot) server() {
	keep := b.named["safekeep"]
	for _, day := range []time.Time{yesterday("12:30:00"), today("01:00:00"), today("10:30:00")} {
		job := b.start(keep, day, "safekeepjob", run{cmd: `$0 --set contabilidad --target \\?\Volume{5f1c2a0e-0000-0000-0000-100000000000}\ --incremental`, dir: `C:\Program Files\SafeKeep\`, life: 21 * time.Minute})
		sh := b.start(job, day.Add(3*time.Second), "cmd", run{cmd: `C:\Windows\system32\cmd.exe /c vssadmin list shadows /for=D: > C:\ProgramData\SafeKeep\shadows.txt`, life: 2 * time.Second})
		b.console(sh)
		b.start(sh, day.Add(3200*time.Millisecond), "vssadmin", run{cmd: `vssadmin  list shadows /for=D:`, life: 900 * time.Millisecond})
		b.start(b.named["services"], day.Add(3500*time.Millisecond), "VSSVC", run{cmd: `C:\Windows\system32\vssvc.exe`, as: &hosted, life: 190 * time.Second})
		b.start(job, day.Add(15*time.Second), "robocopy", run{cmd: `robocopy.exe \\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy41\contabilidad E:\safekeep\contabilidad /MIR /B /R:1 /W:1 /NP /LOG:C:\ProgramData\SafeKeep\copy.log`, life: 16 * time.Minute, exit: 3})
	}
	for i := range 26 {
		at := begin.Add(time.Duration(i)*time.Hour + time.Duration(4+b.rng.IntN(50))*time.Minute)
		switch i % 4 {
		case 0:
			b.start(b.named["defender"], at, "MpCmdRun", run{cmd: `$0 SignatureUpdate -ScheduleJob -RestrictPrivileges`})
		case 1:
			b.console(b.start(b.named["schedule"], at, "cscript", run{cmd: `C:\Windows\System32\cscript.exe //B //NoLogo C:\ProgramData\ACME\inventory.vbs`, as: &hosted}))
		case 2:
			b.start(b.named["dcom"], at, "WmiPrvSE", run{cmd: `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`, as: &networkService})
		case 3:
			b.console(b.start(b.named["schedule"], at, "powershell", run{cmd: `powershell.exe -NoProfile -ExecutionPolicy Bypass -File D:\Scripts\quota-report.ps1`, as: &hosted}))
		}
	}
	admin := administrator("adm.soto", "1109", 0x8f31c7)
	admin.session = 0
	at := today("10:02:14")
	ps := b.start(b.named["dcom"], at, "wsmprovhost", run{cmd: `C:\Windows\system32\wsmprovhost.exe -Embedding`, as: &admin, dir: `C:\Users\adm.soto\Documents`, life: 26 * time.Minute})
	for i, c := range [][2]string{
		{"whoami", `"C:\Windows\system32\whoami.exe" /groups`},
		{"ipconfig", `"C:\Windows\system32\ipconfig.exe" /all`},
		{"net", `"C:\Windows\system32\net.exe" session`},
		{"tasklist", `"C:\Windows\system32\tasklist.exe" /svc`},
		{"powershell", `powershell.exe -NoProfile -EncodedCommand ` + encoded(`Get-SmbOpenFile | Where-Object Path -like 'D:\contabilidad\*' | Close-SmbOpenFile -Force`)},
	} {
		t := at.Add(time.Duration(40+i*95) * time.Second)
		p := b.start(ps, t, c[0], run{cmd: c[1], life: 3 * time.Second})
		if c[0] == "net" {
			b.start(p, t.Add(60*time.Millisecond), "net1", run{cmd: `C:\Windows\system32\net1 session`, life: 500 * time.Millisecond})
		}
	}
}

// oddities are harmless command lines that a careless page would stumble
// over: HTML, a formula, terminal sequences, a name that reads backwards, and
// a very long one. They are a developer's tests of her own program.
func (b *boot) oddities() {
	if b.station == "DEV-02" {
		// Irene also is the administrator of the file server.
		admin := administrator("adm.soto", "1109", 0x7d20e1)
		b.start(b.named["schedule"], today("10:00:31"), "consent", run{cmd: `consent.exe 5212 318 000001D1C7A2B5C0`, as: system.in(1, "system"), life: 7 * time.Second})
		ps := b.start(b.named["explorer"], today("10:00:41"), "powershell", run{cmd: `$0 -NoExit -Command Enter-PSSession FILESRV-01`, as: &admin, dir: `C:\Windows\system32\`, life: 29 * time.Minute})
		b.console(ps)
		return
	}
	if b.station != "DEV-01" {
		return
	}
	dir, shell := `$H\src\stock`, b.named["shell"]
	b.start(shell, today("09:40:02"), "curl", run{cmd: `curl.exe -d "name=<script>alert(1)</script>" http://localhost:8080/items`, dir: dir})
	b.start(shell, today("09:41:17"), "stock", run{cmd: `=cmd|' /C calc'!A0`, dir: dir, exit: 2})
	b.start(shell, today("09:43:50"), "stock", run{cmd: "$0 --title \"\x1b[2J\x1b[31mALL CLEAR\x1b[0m\a\" --print", dir: dir})
	b.start(b.named["explorer"], today("09:52:26"), "bidi", run{dir: `$H\Downloads\`, life: 4 * time.Second})
	long := `java.exe -cp `
	for i := 0; len(long) < longest; i++ {
		long += fmt.Sprintf(`lib\warehouse-module-%03d.jar;`, i)
	}
	b.start(shell, today("10:15:33"), "java", run{cmd: long[:longest-len(" example.Stock")] + " example.Stock", dir: dir})
}

const longest = 8000 // characters of the longest command line
