package world

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
)

// process is one run of a program.
type process struct {
	seq     uint64
	program *scenario.Program
	step    *scenario.Step // nil: a console's host
	parent  *process
	as      *account
	start   event.Process
	told    bool
	ended   bool
	exit    uint32

	// What it still has to start, and what it waits for.
	pending  int
	children int
	waits    bool // it ends when the last of its children has ended
	overdue  bool // it ends when it has started the last one
}

// startAll arranges for steps, one after the other. around is the process of
// the step around them; nil: they are an act's.
func (s *Station) startAll(steps []*scenario.Step, around *process) {
	at := s.now
	for _, step := range steps {
		if !s.spec.HasAny(step.Roles) || step.Chance > 0 && s.rng.Float64() >= step.Chance {
			continue
		}
		times := 1
		if step.Times.To > 0 {
			times = step.Times.From + s.rng.IntN(step.Times.To-step.Times.From+1)
		}
		for range times {
			// No two starts of a machine are at the same moment.
			at = at.Add(s.within(step.After) + 100*time.Microsecond + s.upTo(3*time.Millisecond))
			if step.Device != nil {
				s.plugAt(at, step)
				continue
			}
			s.startAt(at, step, around)
		}
	}
}

func (s *Station) startAt(at time.Time, step *scenario.Step, around *process) {
	boot := s.boot.id
	if around != nil {
		around.pending++
	}
	s.at(at, func() {
		if s.boot.id != boot {
			return
		}
		parent := around
		if step.By != "" {
			parent = s.boot.named[step.By]
		}
		if parent != nil && !parent.ended || step.By == "" && around == nil {
			s.run(step, parent)
		}
		if around != nil {
			around.pending--
			s.settle(around)
		}
	})
}

// run starts a step's program.
func (s *Station) run(step *scenario.Step, parent *process) {
	p := &process{program: step.Program, step: step, parent: parent, exit: step.Exit}
	if step.Fails > 0 && s.rng.Float64() < step.Fails {
		p.exit = 1
	}
	switch {
	case step.As != "":
		p.as = s.account(step.As)
	case parent != nil:
		p.as = parent.as
	default:
		p.as = &systemAccount
	}
	s.begin(p)
	if step.Name != "" {
		s.boot.named[step.Name] = p
	}
	if host := s.world.scenario.Office.Host; host != "" && step.Program.Console && (parent == nil || !parent.program.Console) {
		s.host(p, s.world.scenario.Programs[host])
	}
	s.startAll(step.Starts, p)
	life := step.Life
	switch {
	case step.Stays:
		return
	case !life.IsZero():
	case p.program.Kind.Life.IsZero():
		return
	case len(step.Starts) > 0:
		p.waits = true
		s.settle(p)
		return
	default:
		life = p.program.Kind.Life
	}
	s.at(s.now.Add(max(time.Millisecond, s.within(life))), func() {
		p.overdue = true
		s.settle(p)
	})
}

// host gives a console program its window's process, which ends with it.
func (s *Station) host(p *process, program *scenario.Program) {
	h := &process{program: program, parent: p, as: p.as}
	s.now = s.now.Add(2*time.Millisecond + s.upTo(4*time.Millisecond))
	s.begin(h)
}

// settle ends a process that has nothing left to do.
func (s *Station) settle(p *process) {
	if p.ended || p.pending > 0 || !p.overdue && (!p.waits || p.children > 0) {
		return
	}
	// Its host goes first, which is no child that it waits for.
	for _, h := range s.boot.alive {
		if h.parent == p && h.step == nil {
			s.stop(h)
			s.now = s.now.Add(300 * time.Microsecond)
			break
		}
	}
	s.stop(p)
}

// begin makes a process known and reports it.
func (s *Station) begin(p *process) {
	s.boot.seq++
	p.seq = s.boot.seq
	s.boot.alive = append(s.boot.alive, p)
	image := s.image(p)
	e := &p.start
	*e = event.Process{
		Kind: event.Start, Time: s.now, Started: s.now, Sensor: event.SensorReplay, BootID: s.boot.id, ProcessSeq: p.seq, PID: s.pid(p.parent == nil),
		Image: image, CommandLine: s.commandLine(p, image),
	}
	if p.step != nil {
		e.CurrentDirectory = s.fill(&p.step.Dir, p, image)
	}
	if p.parent != nil {
		e.ParentPID, e.ParentProcessSeq = p.parent.start.PID, p.parent.seq
		if p.step != nil {
			p.parent.children++
		}
	}
	s.describe(p)
	p.told = s.see(e)
}

func (s *Station) image(p *process) string {
	if text, plain := p.program.Path.Plain(); plain {
		return text
	}
	return s.fill(&p.program.Path, p, "")
}

func (s *Station) commandLine(p *process, image string) string {
	switch {
	case p.step == nil:
		return `\??\` + image + ` 0xffffffff -ForceV1`
	case p.program.KiB == 0:
		return ""
	}
	line := `"` + image + `"`
	if !p.step.Command.IsZero() {
		line = s.fill(&p.step.Command, p, image)
	}
	if p.step.Encoded != "" {
		line += " " + encoded(p.step.Encoded)
	}
	return line
}

// encoded returns a command as PowerShell's -EncodedCommand takes it.
func encoded(command string) string {
	var raw []byte
	for _, u := range utf16.Encode([]rune(command)) {
		raw = append(raw, byte(u), byte(u>>8))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// fill fills in the blanks of a text.
func (s *Station) fill(t *scenario.Text, p *process, image string) string {
	if text, plain := t.Plain(); plain {
		return text
	}
	var out []byte
	for i := range t.Parts {
		switch part := &t.Parts[i]; part.Blank {
		case scenario.Literal:
			out = append(out, part.Literal...)
		case scenario.BlankImage:
			out = append(append(append(out, '"'), image...), '"')
		case scenario.BlankHome:
			out = append(out, p.as.profile()...)
		case scenario.BlankUser:
			out = append(out, p.as.name()...)
		case scenario.BlankComputer:
			out = append(out, s.spec.Name...)
		case scenario.BlankNumber:
			out = strconv.AppendInt(out, int64(20+s.rng.IntN(9980)), 10)
		case scenario.BlankHex:
			out = append(out, s.hex(8)...)
		case scenario.BlankGUID:
			for j, n := range [...]int{8, 4, 4, 4, 12} {
				if j > 0 {
					out = append(out, '-')
				}
				out = append(out, strings.ToUpper(s.hex(n))...)
			}
		case scenario.BlankList:
			out = append(out, part.List[s.rng.IntN(len(part.List))]...)
		}
	}
	return string(out)
}

func (s *Station) hex(digits int) string {
	text := strconv.FormatUint(s.rng.Uint64()|1<<63, 16)
	return text[16-digits:]
}

// reuse is how long a pid is not given out again.
const reuse = 20 * time.Second

// pid gives a process a number that no other has.
func (s *Station) pid(kernel bool) uint32 {
	if kernel && s.boot.seq == 1 {
		return 4
	}
	for {
		pid := uint32(23+s.rng.IntN(3300)) * 4
		if free, used := s.boot.pids[pid]; !used || !free.IsZero() && s.now.Sub(free) > reuse {
			s.boot.pids[pid] = time.Time{}
			return pid
		}
	}
}

// stop ends a process and reports it.
func (s *Station) stop(p *process) {
	p.ended = true
	s.boot.pids[p.start.PID] = s.now
	if i := slices.Index(s.boot.alive, p); i >= 0 {
		s.boot.alive = slices.Delete(s.boot.alive, i, i+1)
	}
	statistics := s.statistics(p)
	if p.told {
		exit := p.exit
		s.see(&event.Process{
			Kind: event.Stop, Time: s.now, Sensor: event.SensorReplay, PID: p.start.PID, BootID: p.start.BootID, ProcessSeq: p.seq,
			Started: p.start.Time, Image: p.start.Image, ExitCode: &exit, Statistics: statistics,
		})
	}
	if p.parent != nil && p.step != nil {
		p.parent.children--
		if p.parent.waits && !p.parent.ended && p.parent.children == 0 && p.parent.pending == 0 {
			parent := p.parent
			s.at(s.now.Add(time.Millisecond+s.upTo(20*time.Millisecond)), func() { s.settle(parent) })
		}
	}
}
