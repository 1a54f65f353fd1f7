package world

import (
	"cmp"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/scenario"
)

// boot is the time from a station's start to its end.
type boot struct {
	id    uint64 // 0: the station is off
	up    time.Time
	seq   uint64 // of the process that started last
	alive []*process
	named map[string]*process
	pids  map[uint32]time.Time // when each was free again; zero: it is in use
	user  account
}

const (
	// weekendWork is how often somebody comes in on a free day.
	weekendWork = 0.04
	// late is how much people vary in when they come and go.
	late = 25 * time.Minute
)

// dayBegins arranges what a day brings, and the day after it.
func (s *Station) dayBegins(day time.Time) {
	next := day.AddDate(0, 0, 1)
	s.at(midnight(next), func() { s.dayBegins(midnight(next)) })
	s.hours(day)
	for _, r := range s.world.scenario.Days {
		if s.concerns(r) && r.Days.Has(day.Weekday()) {
			s.arrange(r, day)
		}
	}
}

// hours arranges when the station is switched on and off.
func (s *Station) hours(day time.Time) {
	h, kind := s.spec.Hours, s.spec.Of
	if kind.Always {
		return
	}
	if !kind.Days.Has(day.Weekday()) {
		if s.rng.Float64() >= weekendWork {
			return
		}
		h = scenario.Hours{From: scenario.Clock(10 * time.Hour), To: scenario.Clock(13 * time.Hour)}
	}
	on, off := clock(day, h.From).Add(s.upTo(late)), clock(day, h.To).Add(s.upTo(2*late)-late)
	if off.After(s.now) {
		s.at(on, func() { s.powerOn(off) })
	}
}

func (s *Station) concerns(r *scenario.Rule) bool {
	return s.spec.HasAny(r.Roles) && (len(r.Stations) == 0 || slices.Contains(r.Stations, s.spec.Name))
}

// arrange lets a rule act on a day.
func (s *Station) arrange(r *scenario.Rule, day time.Time) {
	for _, at := range r.At {
		if t := clock(day, at).Add(s.within(r.Spread)); !t.Before(s.now) {
			s.at(t, func() { s.follow(r) })
		}
	}
	for _, h := range r.During {
		s.again(r, clock(day, h.From), clock(day, h.To))
	}
}

// again lets a rule act some time after from, and then again until to.
func (s *Station) again(r *scenario.Rule, from, to time.Time) {
	each := time.Duration(float64(s.within(r.Each)) / s.world.cfg.Busy)
	// The first comes at any time of the span; the others about that far apart.
	at := from.Add(each/4 + s.upTo(each*3/2))
	for at.Before(s.now) {
		at = at.Add(each)
	}
	if at.Before(to) {
		s.at(at, func() {
			s.follow(r)
			s.again(r, s.now, to)
		})
	}
}

// follow does what a rule says.
func (s *Station) follow(r *scenario.Rule) {
	if r.Chance > 0 && s.rng.Float64() >= r.Chance {
		return
	}
	if r.Reboot {
		if s.boot.id != 0 {
			s.powerOff()
			s.at(s.now.Add(50*time.Second+s.upTo(time.Minute)), func() { s.powerOn(time.Time{}) })
		}
		return
	}
	total := 0
	for _, c := range r.Do {
		total += c.Weight
	}
	pick := s.rng.IntN(total)
	for _, c := range r.Do {
		if pick -= c.Weight; pick < 0 {
			s.play(c.Act)
			return
		}
	}
}

// play begins an act, if the station is on.
func (s *Station) play(act string) {
	if s.boot.id != 0 {
		s.startAll(s.world.scenario.Acts[act], nil)
	}
}

// powerOn starts the computer, which is shut down at off, unless that is zero.
func (s *Station) powerOn(off time.Time) {
	if s.boot.id != 0 {
		return
	}
	s.boots++
	s.boot = boot{id: s.boots, up: s.now, named: map[string]*process{}, pids: map[uint32]time.Time{}}
	if s.spec.User != "" {
		s.boot.user = s.person()
	}
	s.play(s.spec.Of.Boot)
	s.lookAround()
	id := s.boot.id
	inThisBoot := func(do func()) func() {
		return func() {
			if s.boot.id == id {
				do()
			}
		}
	}
	if s.spec.User != "" {
		s.at(s.now.Add(35*time.Second+s.upTo(50*time.Second)), inThisBoot(func() { s.play(s.spec.Of.Logon) }))
	}
	if !off.IsZero() {
		s.at(off, inThisBoot(s.powerOff))
	}
}

// powerOff shuts the computer down: first what people run, the core last.
func (s *Station) powerOff() {
	down := slices.Clone(s.boot.alive)
	slices.SortStableFunc(down, func(a, b *process) int { return cmp.Compare(b.seq, a.seq) })
	for _, p := range down {
		s.now = s.now.Add(time.Duration(5+s.rng.IntN(160)) * 100 * time.Microsecond)
		if p.program.Kind.Life.IsZero() && p.as.session == 0 {
			p.exit = 0x40010004 // DBG_TERMINATE_PROCESS
		}
		s.stop(p)
	}
	s.boot = boot{}
}

// upTo returns a random time below d.
func (s *Station) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(s.rng.Int64N(int64(d))).Truncate(100)
}

// within returns a random time of the span.
func (s *Station) within(span scenario.Span) time.Duration {
	return span.From + s.upTo(span.To-span.From+100)
}
