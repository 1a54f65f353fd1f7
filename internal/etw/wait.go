package etw

import (
	"container/heap"
	"slices"
	"time"
)

// What is done when a time has come.
type deed uint8

const (
	dueStart deed = iota // the start leaves as it is
	dueEnd               // the end leaves as it is
	dueGone              // the end is inferred, unless it was told
	dueDrop              // the run is forgotten
)

// due is a deed, and when it is to be done. What has been done meanwhile is not
// taken back from the queue: it is looked at when its time comes.
type due struct {
	at   time.Time
	run  *Run
	deed deed
	n    uint64 // keeps the order of those of one time
}

// waiting is a heap, the earliest first.
type waiting []due

func (w waiting) Len() int      { return len(w) }
func (w waiting) Swap(i, k int) { w[i], w[k] = w[k], w[i] }
func (w waiting) Less(i, k int) bool {
	if !w[i].at.Equal(w[k].at) {
		return w[i].at.Before(w[k].at)
	}
	return w[i].n < w[k].n
}
func (w *waiting) Push(x any) { *w = append(*w, x.(due)) }
func (w *waiting) Pop() any {
	old := *w
	last := old[len(old)-1]
	old[len(old)-1] = due{}
	*w = old[:len(old)-1]
	return last
}

// wait has a deed done at a time. A deed that waits already keeps its time.
func (j *Joiner) wait(r *Run, what deed, at time.Time) {
	if bit := uint8(1) << what; r.waits&bit == 0 {
		r.waits |= bit
		j.waits++
		heap.Push(&j.waiting, due{at: at, run: r, deed: what, n: j.waits})
	}
}

// due does what is due.
func (j *Joiner) due(d due) {
	r := d.run
	r.waits &^= 1 << d.deed
	if r.dropped {
		return
	}
	switch d.deed {
	case dueStart:
		j.leave(r)
	case dueEnd:
		j.leaveEnd(r, d.at)
	case dueGone:
		if !r.Ended() && !r.gone.IsZero() {
			j.stats.Inferred++
			r.end.inferred, r.end.at = true, r.gone
			j.leaveEnd(r, d.at)
		}
	case dueDrop:
		if r.Ended() || r.origin == Stop {
			j.drop(r)
		}
	}
}

// leave makes the start or listing of a run leave, if it has not.
func (j *Joiner) leave(r *Run) {
	if r.left || r.origin == Stop {
		return
	}
	r.left = true
	j.name(r)
	j.ready = append(j.ready, Joined{Event: r.begin(), Run: r, Sources: r.told})
	j.count(r.told)
}

// leaveEnd makes the end of a run leave, if it has not, and before it the start.
func (j *Joiner) leaveEnd(r *Run, now time.Time) {
	if r.end.left || !r.Ended() {
		return
	}
	j.leave(r)
	r.end.left = true
	j.ready = append(j.ready, Joined{Event: r.finish(j.cfg.BootID), Run: r, Sources: r.end.told})
	if !r.end.inferred {
		j.count(r.end.told)
	}
	j.wait(r, dueDrop, now.Add(keepEnded))
}

// count counts an event by the sources that it is made of.
func (j *Joiner) count(told Source) {
	switch told {
	case Both:
		j.stats.Joined++
	case Classic:
		j.stats.ClassicOnly++
	case Manifest:
		j.stats.ManifestOnly++
	default:
		j.stats.Missed++
	}
}

// drop forgets a run. If its start waits, it leaves first.
func (j *Joiner) drop(r *Run) {
	if r.dropped {
		return
	}
	j.leave(r)
	r.dropped = true
	j.kept -= r.weight
	runs := j.byPID[r.PID]
	for i := range runs {
		if runs[i] == r {
			runs = append(runs[:i], runs[i+1:]...)
			break
		}
	}
	if len(runs) == 0 {
		delete(j.byPID, r.PID)
	} else {
		j.byPID[r.PID] = runs
	}
	j.gaps++
}

// tidy takes the dropped runs out of the order, and out of the queue, if they
// are many. It must not be called while one goes through either.
func (j *Joiner) tidy() {
	if j.gaps <= 64 || j.gaps <= len(j.order)/2 {
		return
	}
	j.waiting = slices.DeleteFunc(j.waiting, func(d due) bool { return d.run.dropped })
	heap.Init(&j.waiting)
	j.order = slices.DeleteFunc(j.order, func(r *Run) bool { return r.dropped })
	j.gaps = 0
}

// weigh notes what a run takes, and forgets the oldest ones if all of them take
// too much.
func (j *Joiner) weigh(r *Run) {
	p := &r.facts
	weight := runWeight + len(p.Image) + len(p.CommandLine) + len(p.ParentImage) + len(p.ParentCommandLine) + len(p.UserSID) + len(p.Package)
	j.kept += weight - r.weight
	r.weight = weight
	if j.kept <= maxKept {
		return
	}
	for _, old := range j.order {
		if j.kept <= maxKept/2 {
			break
		}
		if old != r {
			j.forget(old)
		}
	}
}

// forget drops a run that is still of interest. What of it waits leaves first.
func (j *Joiner) forget(r *Run) {
	if r.dropped {
		return
	}
	j.leaveEnd(r, r.end.at)
	j.drop(r)
	j.stats.Forgotten++
}
