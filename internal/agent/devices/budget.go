package devices

import (
	"maps"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// How many records may be told: at once, and from then on one in a while.
const (
	ofOne      = 20
	ofOneEvery = 6 * time.Second
	ofAll      = 240
	ofAllEvery = time.Second
)

// A budget bounds how much is told, of one device and of all: a broken plug, or a
// programmed one, must neither fill the spool nor hide the others.
type budget struct {
	all bucket
	one map[string]*bucket
}

// A bucket holds what may still be told. The zero value is full.
type bucket struct {
	spent int
	since time.Time // from when on what was spent is given back
}

func newBudget() budget { return budget{one: map[string]*bucket{}} }

// take takes n of what may be told of the device called name, or nothing.
func (b *budget) take(name string, n int, now time.Time) bool {
	one := b.one[name]
	if one == nil {
		one = &bucket{}
	}
	one.refill(ofOneEvery, now)
	b.all.refill(ofAllEvery, now)
	if one.spent+n > ofOne || b.all.spent+n > ofAll {
		return false
	}
	one.spent += n
	b.all.spent += n
	b.one[name] = one
	return true
}

func (b *bucket) refill(every time.Duration, now time.Time) {
	back := int(now.Sub(b.since) / every)
	if b.spent = max(0, b.spent-back); b.spent == 0 {
		b.since = now
		return
	}
	b.since = b.since.Add(time.Duration(back) * every)
}

// forget drops what nothing was spent of.
func (b *budget) forget(now time.Time) {
	maps.DeleteFunc(b.one, func(_ string, one *bucket) bool {
		one.refill(ofOneEvery, now)
		return one.spent == 0
	})
}

// losses add up what could not be told, until a gap tells of it.
type losses struct {
	gaps []event.Gap
	told time.Time
}

// note counts n records that are not told; 0: nobody knows how many.
func (l *losses) note(n uint64, now time.Time, detail string) {
	now = now.Round(0).UTC()
	i := slices.IndexFunc(l.gaps, func(g event.Gap) bool { return g.Detail == detail })
	if i < 0 {
		i = len(l.gaps)
		l.gaps = append(l.gaps, event.Gap{
			Kind: event.GapKind, Cause: event.SourceLost, From: now, To: now, Detail: detail,
		})
	}
	g := &l.gaps[i]
	if n > 0 && g.Events == nil {
		g.Events = new(uint64)
	}
	if n > 0 {
		*g.Events += n
	}
	if now.Before(g.From) { // the clock was set
		g.From = now
	} else if now.After(g.To) {
		g.To = now
	}
}

// due returns when the next gap is to be told, if there is one.
func (l *losses) due() (time.Time, bool) { return l.told.Add(gapEvery), len(l.gaps) > 0 }

// tell tells what is due, or at last whatever there is.
func (l *losses) tell(now time.Time, last bool, report func(event.Gap)) {
	if at, waiting := l.due(); !waiting || now.Before(at) && !last {
		return
	}
	for _, g := range l.gaps {
		report(g)
	}
	l.gaps, l.told = nil, now
}
