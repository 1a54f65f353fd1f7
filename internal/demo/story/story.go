// Package story tells a day in a small office as the process events its
// stations would report, and an intrusion in it, step by step.
//
// It is the source of the demo's recording, and always tells the same: its
// chance is seeded, its times hang on a fixed moment. The office, its people,
// its programs' makers and all hashes are invented.
package story

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// The recording begins when the office got its agents, and lasts 26 hours.
var (
	begin = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	end   = time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
)

// clock returns the time "15:04:05" of one of the two days.
func clock(day time.Time, s string) time.Time {
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		panic(err)
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func today(s string) time.Time     { return clock(end, s) }
func yesterday(s string) time.Time { return clock(begin, s) }

// process is one run of a program.
type process struct {
	boot    *boot
	parent  *process
	program *program
	as      *account
	start   event.Process
	stopped time.Time // zero: still running
	exit    uint32
	stats   *event.Statistics // nil: as its class has it
}

// boot is the time from a station's start to its end.
type boot struct {
	station string
	id      uint64
	up      time.Time // when it started
	down    time.Time // when it was shut down; zero: it is running
	rng     *rand.Rand
	world   map[string]*program
	user    account
	procs   []*process
	named   map[string]*process // those that others are started by
}

func newBoot(world map[string]*program, station string, id uint64, up, down time.Time) *boot {
	h := fnv.New64a()
	h.Write([]byte(station))
	return &boot{station: station, id: id, up: up, down: down, rng: rand.New(rand.NewPCG(h.Sum64(), id)), world: world, named: map[string]*process{}}
}

// run is how a process differs from what its program and parent make it.
type run struct {
	cmd  string        // command line; $0 is the quoted path, $H the user's profile; "" for just "$0"
	as   *account      // nil: as its parent
	life time.Duration // 0: as its class has it; forever: until the station is shut down
	exit uint32
	dir  string
	more func(*process)
}

const forever = -1

// start tells that parent started the program called name at a moment. A
// moment between whole seconds is filled with chance.
func (b *boot) start(parent *process, at time.Time, name string, r run) *process {
	prog := b.world[name]
	if prog == nil {
		panic("no program " + name)
	}
	if at.Nanosecond() == 0 {
		at = at.Add(time.Duration(b.rng.IntN(9_999_999)) * 100)
	}
	if parent != nil && !at.After(parent.start.Time) {
		at = parent.start.Time.Add(time.Millisecond + time.Duration(b.rng.IntN(70_000))*100)
	}
	p := &process{boot: b, parent: parent, program: prog, as: r.as, exit: r.exit}
	if p.as == nil {
		p.as = parent.as
	}
	life := r.life
	if life == 0 && prog.class.from > 0 {
		life = time.Duration(prog.class.from)*time.Second + time.Duration(b.rng.IntN((prog.class.to-prog.class.from)*1000))*time.Millisecond
		if prog.class.to <= 4 { // the short ones end within a second or two
			life /= time.Duration(2 + b.rng.IntN(30))
		}
	}
	if life > 0 {
		p.stopped = at.Add(life + time.Duration(b.rng.IntN(9_999))*100)
	}
	profile := p.as.profile()
	image := strings.ReplaceAll(prog.path, "$H", profile)
	cmd := r.cmd
	if cmd == "" {
		cmd = "$0"
	}
	p.start = event.Process{
		Kind: event.Start, Time: at, Station: b.station, Sensor: event.SensorReplay, BootID: b.id, Image: image,
		CommandLine:      strings.NewReplacer("$0", `"`+image+`"`, "$H", profile).Replace(cmd),
		CurrentDirectory: strings.ReplaceAll(r.dir, "$H", profile),
	}
	if r.more != nil {
		r.more(p)
	}
	p.facts()
	b.procs = append(b.procs, p)
	return p
}

// facts fills in what is known of the file and of the token.
func (p *process) facts() {
	e, prog, a := &p.start, p.program, p.as
	e.User, e.UserSID, e.LogonID, e.Session = a.user, a.sid, a.logon, &a.session
	e.Integrity, e.Elevation, e.Elevated = a.integrity, a.elevation, &a.elevated
	e.Privileges = &a.enabled
	if a.present != 0 {
		e.PrivilegesPresent = &a.present
	}
	if prog.kib == 0 {
		e.CommandLine = ""
		return
	}
	content := strings.Join([]string{prog.maker.key, prog.original, prog.description, prog.version, time.Duration(prog.kib).String()}, "\n")
	s256 := sha256.Sum256([]byte(content))
	e.SHA256 = hex.EncodeToString(s256[:])
	e.FileSize = prog.kib<<10 + uint64(s256[0]&^7)
	signed := prog.maker.signer != "-"
	e.Signed = &signed
	if signed {
		e.Signer = prog.maker.signer
	} else {
		s1, m5 := sha1.Sum([]byte(content)), md5.Sum([]byte(content))
		e.SHA1, e.MD5 = hex.EncodeToString(s1[:]), hex.EncodeToString(m5[:])
	}
	e.OriginalFileName, e.Description, e.FileVersion = prog.original, prog.description, prog.version
	e.Product, e.Company = prog.maker.product, prog.maker.company
	if strings.Contains(e.Image, `\SysWOW64\`) || strings.Contains(e.Image, `(x86)\Microsoft\EdgeUpdate`) || prog.maker.key == "fake" {
		e.WOW64 = true
	}
}

// events returns what the station reports of this boot. It numbers the
// processes as the kernel would: by the order of their starts.
func (b *boot) events() []event.Process {
	slices.SortStableFunc(b.procs, func(x, y *process) int { return x.start.Time.Compare(y.start.Time) })
	last := b.down
	if last.IsZero() {
		last = end
	}
	var out []event.Process
	var seq uint64
	var known []*process
	free := map[uint32]time.Time{} // pids, and when they may be used again
	for _, p := range b.procs {
		if p.start.Time.After(last) {
			continue
		}
		switch {
		case !b.down.IsZero() && (p.stopped.IsZero() || p.stopped.After(b.down)):
			// A shutdown takes some seconds; the core goes last.
			p.stopped = b.down.Add(time.Duration(max(0, 30-len(known)/2))*100*time.Millisecond + time.Duration(b.rng.IntN(5_000_000))*100)
			if p.program.class.from == 0 && p.as.session == 0 && p.exit == 0 {
				p.exit = 0x40010004 // DBG_TERMINATE_PROCESS
			}
		case p.stopped.After(end):
			p.stopped = time.Time{}
		}
		seq++
		p.start.ProcessSeq = seq
		p.start.PID = b.pid(p, free)
		known = append(known, p)
		if p.parent != nil {
			if p.parent.start.ProcessSeq == 0 {
				panic("the parent comes after " + p.start.CommandLine)
			}
			p.start.ParentPID, p.start.ParentProcessSeq = p.parent.start.PID, p.parent.start.ProcessSeq
		}
		if p.start.Time.Before(begin) {
			if !p.stopped.IsZero() && p.stopped.Before(begin) {
				continue // it was gone before anybody looked
			}
			p.start.Kind = event.Running
		}
		out = append(out, p.start)
		if !p.stopped.IsZero() {
			out = append(out, p.stop())
		}
	}
	return out
}

// pid gives a process a number that no other has at the time.
func (b *boot) pid(p *process, free map[uint32]time.Time) uint32 {
	pid := uint32(4)
	if p.parent != nil {
		for pid = 0; pid == 0 || free[pid].After(p.start.Time); {
			pid = uint32(23+b.rng.IntN(3300)) * 4
		}
	}
	free[pid] = p.stopped
	if p.stopped.IsZero() {
		free[pid] = end.AddDate(1, 0, 0)
	}
	return pid
}

func (p *process) stop() event.Process {
	s := p.start
	return event.Process{
		Kind: event.Stop, Time: p.stopped, Station: s.Station, Sensor: s.Sensor, PID: s.PID, BootID: s.BootID, ProcessSeq: s.ProcessSeq,
		Started: s.Time, Image: s.Image, ExitCode: &p.exit, Statistics: p.statistics(),
	}
}

// statistics invents what the process had used, from its class and its life.
// It counts in whole numbers, which are the same on every machine.
func (p *process) statistics() *event.Statistics {
	if p.stats != nil {
		return p.stats
	}
	c, rng := p.program.class, p.boot.rng
	vary := func(n int) uint64 {
		if n <= 0 {
			return 0
		}
		return uint64((n*(70+rng.IntN(61)) + 50) / 100)
	}
	minutes := int(p.stopped.Sub(p.start.Time) / time.Second)
	perRun := func(n, perMinute int) int { return n + perMinute*minutes/60 }
	cpu := vary(perRun(c.cpu, c.cpuMin)) * 1000
	kernel := cpu * uint64(20+rng.IntN(30)) / 100
	commit := vary(c.commit) << 20
	s := &event.Statistics{
		Handles: vary(c.handles), Threads: max(1, vary(c.threads)),
		KernelTimeUS: kernel, UserTimeUS: cpu - kernel, CPUCycles: cpu*2611 + vary(40_000),
		ReadOps: vary(perRun(c.reads, c.opsMin)), WriteOps: vary(perRun(c.writes, c.opsMin/2)), OtherOps: vary(perRun(c.handles*4, c.opsMin)),
		PageFaults: commit/4096*2 + vary(700), HardFaults: vary(c.threads * 2),
		CommitPeak: commit, PeakWorkingSet: commit + commit/8 + vary(3_000_000)&^4095,
		PeakVirtualSize: 2_203_318_222_848 + commit*3, PeakPagedPool: vary(c.handles*420 + 60_000), PeakNonpaged: vary(c.handles*60 + 6000),
	}
	if p.start.WOW64 {
		s.PeakVirtualSize = 46<<20 + commit*3
	}
	s.ReadBytes, s.WriteBytes = s.ReadOps*vary(c.kibOp<<10), s.WriteOps*vary(c.kibOp<<9)
	s.OtherBytes = s.OtherOps * vary(90)
	return s
}

// Build tells the story: all events, in the order of their times.
func Build() []event.Process {
	var all []event.Process
	for _, b := range office(readPrograms()) {
		all = append(all, b.events()...)
	}
	slices.SortStableFunc(all, func(x, y event.Process) int {
		return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.Station, y.Station), cmp.Compare(x.ProcessSeq, y.ProcessSeq))
	})
	return all
}
