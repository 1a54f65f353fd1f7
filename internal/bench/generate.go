package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
)

// Fleet describes the stream of a Generator.
type Fleet struct {
	Stations []int64   // ids in the store
	First    int       // number of the first of them in the whole fleet
	Of       int       // stations of the whole fleet
	From, To time.Time // the events are spread evenly between them
	Events   int       // about how many there are in all
	Burst    int       // about how many a station sends at once; 0 for 16
	Seed     uint64    // equal fleets of equal seed give equal streams
}

// A Generator makes the stream of live events of a fleet of office computers,
// as their agents would send it: each station's events in the order of their
// times and numbered, stations taking turns.
//
// Programs are popular to very different degrees, and some run on a single
// station; about half of the command lines never come again; parents resolve by
// boot and sequence number; about 70% of the processes are seen to end.
type Generator struct {
	fleet    Fleet
	rand     *rand.Rand
	programs *programs
	stations []station
	gap      time.Duration // between starts of one station
	round    time.Duration // in which every station has one turn
	turn     int           // next station
	end      time.Time     // of the round
	buf      []byte        // for command lines
	events   []event.Process
	batches  []store.StationEvents
}

// station is a computer's state.
type station struct {
	id       int64
	number   int
	name     string
	users    [2]person
	boot     uint64
	booted   time.Time
	sequence uint64 // of the process last started
	seq      uint64 // of the event last sent
	slot     int64  // of the next start
	next     time.Time
	roots    [4]process // services, svchost, explorer, browser
	recent   [8]process // that start others
	running  []process  // whose end will be seen, in the order of their ends
}

type person struct{ name, sid, home string }

type process struct {
	pid      uint32
	sequence uint64
	started  time.Time
	ends     time.Time
	program  *program
}

const (
	services = iota
	serviceHost
	desktop
	browser
)

const (
	endsSeen   = 0.7
	bootedFor  = 72 * time.Hour
	shortest   = 40 * time.Millisecond // life of a process
	longest    = 6 * time.Hour
	eventShare = 1 + endsSeen // events per start
)

// NewGenerator returns a generator at the beginning of its stream.
func NewGenerator(f Fleet) *Generator {
	if f.Burst == 0 {
		f.Burst = 16
	}
	g := &Generator{fleet: f, rand: rand.New(rand.NewPCG(f.Seed, 0x6566)), stations: make([]station, len(f.Stations))}
	g.programs = newPrograms(g.rand, max(f.Of, len(f.Stations)))
	starts := float64(f.Events) / eventShare / float64(len(f.Stations))
	g.gap = max(time.Microsecond, time.Duration(float64(f.To.Sub(f.From))/starts))
	g.round = time.Duration(float64(g.gap) * float64(f.Burst) / eventShare)
	g.end = f.From.Add(g.round)
	for i := range g.stations {
		g.stations[i] = g.newStation(f.Stations[i], f.First+i)
		g.advance(&g.stations[i])
	}
	return g
}

// StationName returns the name of the fleet's station of that number.
func StationName(number int) string {
	return fmt.Sprintf("PC-%s-%05d", word(uint64(number%40)), number)
}

func (g *Generator) newStation(id int64, number int) station {
	s := station{id: id, number: number, name: StationName(number)}
	for i := range s.users {
		login := fmt.Sprintf("%s.%s%d", word(uint64(number)*31+uint64(i)), word(uint64(number)*17+uint64(i)), number)
		s.users[i] = person{`CORP\` + login, fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1000+number*2+i), `C:\Users\` + login + `\`}
	}
	return s
}

// Now returns the time up to which every station has sent what it had.
func (g *Generator) Now() time.Time { return g.end.Add(-g.round) }

// Next returns the next n events or a few more. They are valid, and the
// caller's to change, until the next call.
func (g *Generator) Next(n int) []store.StationEvents {
	g.events, g.batches = g.events[:0], g.batches[:0]
	for len(g.events) < n {
		s := &g.stations[g.turn]
		first := len(g.events)
		g.sendAll(s)
		if last := len(g.events); last > first {
			g.batches = append(g.batches, store.StationEvents{Station: s.id, Live: true, Events: g.events[first:last:last]})
		}
		if g.turn++; g.turn == len(g.stations) {
			g.turn, g.end = 0, g.end.Add(g.round)
		}
	}
	return g.batches
}

// sendAll appends the events of s up to the end of the round.
func (g *Generator) sendAll(s *station) {
	for {
		switch {
		case len(s.running) > 0 && s.running[0].ends.Before(s.next) && s.running[0].ends.Before(g.end):
			g.stop(s, s.running[0])
			s.running = slices.Delete(s.running, 0, 1)
		case !s.next.Before(g.end):
			return
		default:
			if s.next.Sub(s.booted) > bootedFor {
				g.bootUp(s)
			}
			g.work(s)
			g.advance(s)
		}
	}
}

// advance draws when s starts its next process: once in every gap.
func (g *Generator) advance(s *station) {
	s.next = g.fleet.From.Add(time.Duration((float64(s.slot) + g.rand.Float64()) * float64(g.gap))).Truncate(100 * time.Nanosecond)
	s.slot++
}

// bootUp starts the processes that live as long as the machine runs.
func (g *Generator) bootUp(s *station) {
	s.booted, s.boot, s.sequence = s.next.Add(-5*time.Second), g.rand.Uint64()>>16|1, 90
	s.running = s.running[:0]
	for i := range s.roots {
		p := event.Process{Time: s.booted.Add(time.Duration(i) * time.Second), CommandLine: g.programs.roots[i].image}
		if i < desktop {
			g.asSystem(&p)
		} else {
			g.asUser(s, &p)
		}
		parent := process{pid: 700, sequence: 80}
		if i == serviceHost {
			parent = s.roots[services]
		}
		s.roots[i] = g.start(s, &p, &g.programs.roots[i], parent)
	}
	for i := range s.recent {
		s.recent[i] = s.roots[desktop]
	}
}

// start sends p and returns its process.
func (g *Generator) start(s *station, p *event.Process, of *program, parent process) process {
	s.sequence++
	s.seq++
	p.Kind, p.Station, p.Seq, p.Sensor = event.Start, s.name, s.seq, event.SensorETW
	p.PID, p.BootID, p.ProcessSeq, p.Started = uint32(g.rand.IntN(16000)+2)*4, s.boot, s.sequence, p.Time
	p.ParentPID, p.ParentProcessSeq = parent.pid, parent.sequence
	p.Image, p.SHA256, p.FileSize = of.image, of.sha256, of.size
	p.OriginalFileName, p.Description, p.Product, p.Company, p.FileVersion = of.name, of.description, of.product, of.company, of.version
	p.Signer, p.Signed = of.signer, of.signed
	g.events = append(g.events, *p)
	return process{pid: p.PID, sequence: p.ProcessSeq, started: p.Time, program: of}
}

// live lets a process end, at a time spread over all orders of magnitude.
func (g *Generator) live(s *station, p process) {
	if g.rand.Float64() >= endsSeen {
		return
	}
	life := float64(shortest) * math.Exp(g.rand.Float64()*math.Log(float64(longest)/float64(shortest)))
	p.ends = p.started.Add(time.Duration(life).Truncate(100 * time.Nanosecond))
	at := len(s.running)
	for at > 0 && s.running[at-1].ends.After(p.ends) {
		at--
	}
	s.running = slices.Insert(s.running, at, p)
}

func (g *Generator) stop(s *station, p process) {
	s.seq++
	seconds := uint64(p.ends.Sub(p.started)/time.Second) + 1
	n := func(mean uint64) uint64 { return uint64(g.rand.ExpFloat64() * float64(mean)) }
	g.events = append(g.events, event.Process{
		Kind: event.Stop, Time: p.ends, Station: s.name, Seq: s.seq, Sensor: event.SensorETW,
		PID: p.pid, BootID: s.boot, ProcessSeq: p.sequence, Started: p.started, Image: p.program.image, ExitCode: g.programs.exit(g.rand),
		Statistics: &event.Statistics{
			Handles: 40 + n(200), Threads: 1 + n(8), KernelTimeUS: n(40_000 * min(seconds, 100)), UserTimeUS: n(90_000 * min(seconds, 100)), CPUCycles: n(300_000_000),
			ReadOps: n(500), WriteOps: n(120), OtherOps: n(900), ReadBytes: n(4 << 20), WriteBytes: n(1 << 20), OtherBytes: n(30_000),
			HardFaults: n(20), PageFaults: n(9000), CommitCharge: n(30 << 20), CommitPeak: n(40 << 20),
			PeakWorkingSet: n(50 << 20), PeakVirtualSize: n(4 << 30), PeakPagefile: n(40 << 20), PeakPagedPool: n(200_000), PeakNonpaged: n(20_000),
		},
	})
}

func (g *Generator) asSystem(p *event.Process) {
	p.User, p.UserSID, p.LogonID = `NT AUTHORITY\SYSTEM`, "S-1-5-18", 0x3e7
	p.CurrentDirectory, p.Session, p.Integrity = `C:\Windows\system32\`, &noSession, event.System
	p.Elevation, p.Privileges, p.PrivilegesDefault, p.PrivilegesPresent = event.ElevationDefault, &systemRights, &systemRights, &allRights
}

func (g *Generator) asUser(s *station, p *event.Process) {
	u := &s.users[0]
	if g.rand.IntN(10) == 0 {
		u = &s.users[1]
	}
	p.User, p.UserSID, p.LogonID = u.name, u.sid, 0x40000+s.boot>>20
	p.CurrentDirectory, p.Session, p.Integrity = u.home, &firstSession, event.Medium
	p.Elevation, p.Privileges, p.PrivilegesDefault, p.PrivilegesPresent = event.ElevationLimited, &userRights, &userRights, &userRights
}

var (
	noSession, firstSession uint32             = 0, 1
	systemRights, allRights event.PrivilegeSet = 0x0000001e60b00000, 0x0000001ff2ffffbc
	userRights              event.PrivilegeSet = 0x0000000000800000
	succeeded, failed       uint32             = 0, 1
	verified, unsigned                         = true, false
)

// Tree lets the first station run a build: one process and n below it, up to
// twelve deep, all within ten minutes before Now. It returns the root too.
func (g *Generator) Tree(n int) (store.StationEvents, event.Process) {
	s := &g.stations[0]
	g.events = g.events[:0]
	from := g.Now().Add(-10 * time.Minute).Truncate(time.Microsecond)
	compiler := g.programs.popular[workTool][0]
	below := make([]process, 0, n+1)
	depth := make([]int, 0, n+1)
	for i := range n + 1 {
		p := event.Process{Time: from.Add(time.Duration(i) * 10 * time.Minute / time.Duration(n+1)), CommandLine: fmt.Sprintf(`"%s" --target %d`, compiler.image, i)}
		g.asUser(s, &p)
		parent, level := s.roots[desktop], 0
		if i > 0 {
			at := 0
			if g.rand.IntN(3) > 0 {
				if at = g.rand.IntN(i); depth[at] >= 11 {
					at = 0
				}
			}
			parent, level = below[at], depth[at]+1
		}
		below, depth = append(below, g.start(s, &p, compiler, parent)), append(depth, level)
	}
	return store.StationEvents{Station: s.id, Live: true, Events: g.events}, g.events[0]
}
