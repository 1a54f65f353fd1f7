package ingest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
)

// mostReasons is how many different reasons for refusing records a batch may give;
// the store makes one gap of each. A station must not fill the table of gaps by
// inventing reasons.
const (
	mostReasons    = 16
	furtherReasons = "refused for further reasons"
)

// mostOfReason is how many bytes of a reason are kept: it may quote what was sent.
const mostOfReason = 400

// refusals collects what cannot be stored of a batch.
type refusals struct {
	now     time.Time
	reasons []string
	all     []Unreadable
	gaps    []event.Gap // one for each record
}

// check returns what of b can be stored, with gaps for the rest, and the rest.
func (l *Live) check(b LiveBatch) (store.StationEvents, []Unreadable) {
	r := &refusals{now: time.Now().UTC()}
	batch := store.StationEvents{Station: b.Station, Live: true, Events: b.Events[:0:len(b.Events)], Gaps: b.Gaps[:0:len(b.Gaps)]}
	for i := range b.Events {
		p := &b.Events[i]
		// What it calls itself is in its hello; which station it is, its certificate says.
		p.Station, p.Origin, p.SourceFile, p.SourceRecord = "", event.Live, "", 0
		if err := checkEvent(p, l.cfg.Retention); err != nil {
			r.add(p.Seq, p.Time, err.Error())
			continue
		}
		batch.Events = append(batch.Events, *p)
	}
	for i := range b.Gaps {
		g := &b.Gaps[i]
		if err := checkGap(g, r.now); err != nil {
			r.add(g.Seq, g.From, err.Error())
			continue
		}
		batch.Gaps = append(batch.Gaps, *g)
	}
	for i := range b.Devices {
		d := &b.Devices[i]
		if err := checkDevice(d, l.cfg.Retention); err != nil {
			r.add(d.Seq, d.Time, err.Error())
			continue
		}
		batch.Devices = append(batch.Devices, *d)
	}
	for _, u := range b.Refused {
		r.add(u.Seq, time.Time{}, u.Reason)
	}
	slices.SortFunc(r.all, func(a, b Unreadable) int { return cmp.Compare(a.Seq, b.Seq) })
	batch.Gaps = append(batch.Gaps, r.gaps...)
	slices.SortFunc(batch.Gaps, func(a, b event.Gap) int { return cmp.Compare(a.Seq, b.Seq) })
	return batch, r.all
}

// checkGap says why a gap cannot be stored.
func checkGap(g *event.Gap, now time.Time) error {
	if err := g.Check(); err != nil {
		return err
	}
	switch {
	case g.To.After(now.Add(ahead)):
		return fmt.Errorf("to %s lies in the future", g.To.Format(time.RFC3339))
	case g.LastSeq > math.MaxInt64:
		return fmt.Errorf("last_seq %d is too large", g.LastSeq)
	case g.Events != nil && *g.Events > math.MaxInt64:
		return fmt.Errorf("events %d is too large", *g.Events)
	}
	return nil
}

// add notes a record that cannot be stored. at is when it says that it happened.
func (r *refusals) add(seq uint64, at time.Time, reason string) {
	reason = event.CleanText(reason[:min(len(reason), mostOfReason)])
	r.all = append(r.all, Unreadable{Seq: seq, Reason: reason})
	if at.Year() < 2000 || at.After(r.now.Add(ahead)) {
		at = r.now
	}
	if !slices.Contains(r.reasons, reason) {
		if len(r.reasons) == mostReasons {
			reason = furtherReasons
		} else {
			r.reasons = append(r.reasons, reason)
		}
	}
	one := uint64(1)
	r.gaps = append(r.gaps, event.Gap{Kind: event.GapKind, Seq: seq, Cause: event.Refused, From: at, To: at, Events: &one, Detail: reason})
}
