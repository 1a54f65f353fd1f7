package agent

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// A Canary has the agent prove again and again that its sensor sees: it starts a
// process and expects it among what the sensor reports. The process is recorded
// as any other is.
type Canary struct {
	// Start starts a process with word in its command line, and returns its pid.
	// The process lives about as long as lives says; 0: it ends at once.
	Start func(ctx context.Context, word string, lives time.Duration) (pid uint32, err error)

	Every time.Duration // between two of them at most; 0: five minutes
}

const (
	canaryEvery = 5 * time.Minute
	canaryFirst = 15 * time.Second // after the agent began: what runs already has been reported
	canaryLimit = 30 * time.Second // for the sensor to report it
	canaryAgain = time.Minute      // between two while the sensor is blind, so that its return shows soon
	canaryDoubt = 3                // times in a row that a test may end without an answer
	canaryQueue = 2 * time.Minute  // more, while what the sensor reported waits to be recorded
	canaryQuiet = 20 * time.Second // without any event, before a test that is not due yet
	canaryLook  = 5 * time.Second  // between two looks whether there was one

	// canaryLives is for sensors that look once in a while, or ask what a process
	// is after its start.
	canaryLives = 1500 * time.Millisecond

	canaryWord = "selftest-" // begins the word, so that whoever finds it in a command line knows what it is
)

// A canaryWatch runs the tests of one agent.
type canaryWatch struct {
	Canary
	source func() wire.Sensor // what the source says of itself
	queue  func() int         // how many of its events wait to be seen
	lost   func(from, to time.Time, detail string)
	news   func() // called when verdict changed
	log    *slog.Logger

	mu      sync.Mutex
	word    string // of the test that runs; "" between tests
	pid     uint32 // of its process; 0: not known yet
	unnamed []uint32
	found   chan struct{}
	verdict verdict
}

// A verdict is what the last tests say of the sensor.
type verdict struct {
	state  string // "" if they say nothing against it
	detail string
}

// newCanaryWatch returns the watch over the agent's own sensor.
func (a *agent) newCanaryWatch(c Canary) *canaryWatch {
	if c.Every <= 0 {
		c.Every = canaryEvery
	}
	return &canaryWatch{
		Canary: c, source: a.sink.Status, queue: a.sink.Waiting, log: a.log,
		lost: func(from, to time.Time, detail string) { a.sink.Lost(0, from, to, detail) },
		news: func() { a.link.Hurry() },
	}
}

// over lays the verdict over what the source says of itself.
func (w *canaryWatch) over(s wire.Sensor) wire.Sensor {
	if w == nil {
		return s
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.verdict.state == "" || s.State == sensor.Stopped {
		return s // that it is stopped says more
	}
	s.State = w.verdict.state
	if s.Detail != "" {
		s.Detail = "; " + s.Detail
	}
	s.Detail = w.verdict.detail + s.Detail
	return s
}

// see looks for the test's process among what the sensor reported.
func (w *canaryWatch) see(events []*event.Process) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.word == "" {
		return
	}
	for _, p := range events {
		switch {
		case p.Kind == event.Stop:
		case strings.Contains(p.CommandLine, w.word):
			w.hit()
		case p.CommandLine == "" && p.Kind == event.Start: // some sources do not have it
			w.unnamed = append(w.unnamed, p.PID)
		}
	}
	w.compare()
}

// compare looks for the pid among the starts whose command line is not known.
func (w *canaryWatch) compare() {
	if w.pid != 0 && slices.Contains(w.unnamed, w.pid) {
		w.hit()
	}
	if w.pid != 0 {
		w.unnamed = nil
	}
}

// hit ends the test.
func (w *canaryWatch) hit() {
	if w.word != "" {
		w.word = ""
		close(w.found)
	}
}

// The answers of a test.
type answer int

const (
	seen     answer = iota
	missed          // it was not reported, and nothing explains that
	doubtful        // it may be among what was lost, or the station slept meanwhile
	untested        // the process could not be started
)

// test starts a process and waits for its event.
func (w *canaryWatch) test(ctx context.Context) (answer, error) {
	before, began := w.source(), time.Now()
	var lives time.Duration
	if before.Mode == event.SensorPoll || before.Mode == event.SensorConnector {
		lives = canaryLives
	}
	w.mu.Lock()
	word, found := canaryWord+rand.Text(), make(chan struct{})
	w.word, w.pid, w.unnamed, w.found = word, 0, nil, found
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.word, w.unnamed = "", nil
		w.mu.Unlock()
	}()

	limit, cancel := context.WithTimeout(ctx, canaryLimit)
	defer cancel()
	pid, err := w.Start(ctx, word, lives)
	if err != nil {
		return untested, err
	}
	w.mu.Lock()
	w.pid = pid
	w.compare()
	w.mu.Unlock()
	select {
	case <-found:
		return seen, nil
	case <-limit.Done():
	}
	slept := time.Since(began.Round(0)) > canaryLimit+10*time.Second
	if w.waitForQueue(ctx, found) {
		return seen, nil
	}
	if after := w.source(); slept || after.Lost != before.Lost || after.State == sensor.Stopped {
		return doubtful, ctx.Err()
	}
	return missed, ctx.Err()
}

// waitForQueue waits while the process may be among what the sensor has reported
// and nobody has taken yet, and tells whether it was.
func (w *canaryWatch) waitForQueue(ctx context.Context, found <-chan struct{}) bool {
	for end := time.Now().Add(canaryQueue); w.queue() > 0 && time.Now().Before(end); {
		select {
		case <-found:
			return true
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
	}
	select {
	case <-found:
		return true
	default:
		return false
	}
}

// rest waits until the next test is due, and tells whether there is to be one. It
// is due early when the sensor has reported nothing for so long as quiet says: it
// may have gone blind. Where such tests are passed it is the station that is quiet,
// and quiet grows until there is an event again.
func (w *canaryWatch) rest(ctx context.Context, pause time.Duration, quiet *time.Duration) bool {
	end := time.Now().Add(pause)
	var events uint64
	var since time.Time // there was none
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(canaryLook, time.Until(end))):
		}
		now, seen := time.Now(), w.source().Events
		switch {
		case !now.Before(end):
			return true
		case since.IsZero(): // with what the last test caused
			events, since = seen, now
		case seen != events:
			events, since, *quiet = seen, now, canaryQuiet
		case now.Sub(since) >= *quiet:
			*quiet *= 2
			return true
		}
	}
}

// run tests again and again until ctx is over.
func (w *canaryWatch) run(ctx context.Context) {
	proof := time.Now().Round(0) // when the sensor was last known to see; while it is blind: up to when that is told
	var blindSince time.Time
	doubts, pause, quiet := 0, canaryFirst, canaryQuiet
	for w.rest(ctx, pause, &quiet) {
		pause = w.Every
		before, began := w.source(), time.Now().Round(0)
		if before.State == sensor.Stopped {
			// What is missing is told where it is started again.
			if !blindSince.IsZero() {
				w.lost(proof, began, blindDetail)
			}
			proof, blindSince, doubts, pause = began, time.Time{}, 0, canaryFirst
			w.say(verdict{})
			continue
		}
		got, err := w.test(ctx)
		if ctx.Err() != nil {
			return
		}
		if got == doubtful {
			if doubts++; doubts < canaryDoubt {
				pause = canaryFirst
				continue
			}
			got = missed
		}
		doubts = 0
		switch got {
		case seen:
			if !blindSince.IsZero() {
				w.lost(proof, began, blindDetail)
			}
			proof, blindSince = began, time.Time{}
			w.say(verdict{})
		case missed:
			now := time.Now().Round(0)
			w.lost(proof, now, blindDetail)
			if blindSince.IsZero() {
				blindSince = proof
			}
			state := sensor.Degraded
			if w.source().Events == before.Events {
				state = sensor.Stopped // nothing at all came
			}
			w.say(verdict{state, blindDetail + "; the last proof that it sees is of " + blindSince.UTC().Format(time.RFC3339)})
			proof, pause = now, min(w.Every, canaryAgain)
		default:
			w.say(verdict{sensor.Degraded, fmt.Sprintf("it cannot be tested whether the sensor sees: %v", err)})
		}
	}
}

// blindDetail is the detail of the gaps, the same for all, so that the losses of
// one moment become one record.
const blindDetail = "the sensor is blind: it did not report a process that the agent started to test it"

// say sets the verdict and tells of its change, once.
func (w *canaryWatch) say(v verdict) {
	w.mu.Lock()
	before := w.verdict
	w.verdict = v
	w.mu.Unlock()
	switch {
	case v == before:
		return
	case v.state == "":
		w.log.Info("the sensor passes its test again")
	default:
		w.log.Error("the sensor does not pass its test", "state", v.state, "reason", v.detail)
	}
	w.news()
}
