package main

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/agent/uplink"
)

const (
	contactLimit = 30 * time.Second
	contactLook  = 250 * time.Millisecond

	// contactPatience is for what may pass by itself, as while a network is coming up.
	contactPatience = 5 * time.Second
)

// An installation is an agent that was installed.
type installation struct {
	before  before
	started bool
	state   string  // its state folder
	notes   []error // of what is not as it should be, and does no harm
}

// before is what was installed in its place.
type before struct {
	there   bool
	same    bool   // it was the very same program
	version string // "": it did not run, so it could not be asked
}

// lookBefore tells what is installed, before content takes the place of the
// program. nil: the program stays as it is.
func lookBefore(program, state string, content []byte) before {
	installed, err := os.ReadFile(program)
	if err != nil {
		return before{}
	}
	b := before{there: true, same: content == nil || bytes.Equal(installed, content)}
	if s, err := agent.ReadStatus(state); err == nil {
		b.version = s.Version
	}
	return b
}

// done says what was done. An agent of the version runs now: it may be later than
// that of this program, where the agent has updated itself before.
func (i *installation) done(l *plain.Language, runs string) string {
	switch b := i.before; {
	case !b.there:
		return l.Text(plain.Installed)
	case b.same:
		return l.Text(plain.Repaired)
	case b.version == "" || b.version == runs:
		return l.Text(plain.Upgraded)
	default:
		return l.Text(plain.UpgradedFrom, "from", b.version, "to", runs)
	}
}

// An outcome is how an agent stands with its server a while after its start.
type outcome struct {
	status *agent.Status // nil: it does not answer, because of
	err    error
}

// well tells whether there is nothing more to be done.
func (o *outcome) well() bool { return o.status != nil && o.status.Link.Connected }

// awaitOutcome asks an agent how it is, until it has contact, cannot have it
// without somebody's help, or the time is up.
func awaitOutcome(ctx context.Context, ask func() (*agent.Status, error), limit time.Duration) (*outcome, error) {
	tick := time.NewTicker(contactLook)
	defer tick.Stop()
	deadline := time.Now().Add(limit)
	var failing time.Time // since when there is a reason
	for {
		o := new(outcome)
		o.status, o.err = ask()
		switch {
		case o.well():
			return o, nil
		case o.status == nil || o.status.Link.Reason == "":
			failing = time.Time{}
		case needsHelp(o.status.Link.Reason):
			return o, nil
		case failing.IsZero():
			failing = time.Now()
		case time.Since(failing) >= contactPatience:
			return o, nil
		}
		if !time.Now().Before(deadline) {
			return o, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// needsHelp tells whether trying again is of no use before somebody has done
// something on this station.
func needsHelp(r uplink.Reason) bool {
	switch r {
	case uplink.ReasonKey, uplink.ReasonNoKey, uplink.ReasonRevoked, uplink.ReasonVersion:
		return true
	}
	return false
}

// explain says how the agent stands with its server, as paragraphs.
func (o *outcome) explain(l *plain.Language) []string {
	if o.status == nil {
		return []string{l.Text(plain.Silent, "error", o.err.Error(), "log", agentLog())}
	}
	s := o.status
	if s.Link.Connected {
		return []string{l.Text(plain.Known, "server", s.Server, "station", strconv.FormatInt(s.Station, 10))}
	}
	reason := s.Link.Reason
	if reason == "" { // it is still at its first try
		reason = uplink.ReasonUnreachable
	}
	host, port := s.Server, "443"
	if server, err := url.Parse(s.Server); err == nil {
		host = server.Hostname()
		if server.Port() != "" {
			port = server.Port()
		}
	}
	why := l.Text(plain.Why(string(reason)), "server", s.Server, "host", host, "port", port, "authority", s.Authority,
		"now", time.Now().Format("2006-01-02 15:04 MST"), "said", strings.TrimSuffix(s.Link.Said, "."), "error", s.Link.Error, "program", agentProgram())
	then := plain.Tries
	if needsHelp(reason) {
		then = plain.Stays
	}
	return []string{l.Text(plain.NoContact, "why", why), l.Text(then, "log", agentLog())}
}

// conclude waits for the agent that was installed, and says in paragraphs what was
// done and how it stands with its server; well tells whether that is all in order.
func (i *installation) conclude(ctx context.Context, l *plain.Language) (paragraphs []string, well bool, err error) {
	o, err := awaitOutcome(ctx, agentIn(i.state), contactLimit)
	if err != nil {
		return nil, false, err
	}
	runs := version
	if o.status != nil {
		runs = o.status.Version
	}
	return append([]string{i.done(l, runs)}, o.explain(l)...), o.well(), nil
}

// agentIn returns what asks the agent whose state is in a folder.
func agentIn(state string) func() (*agent.Status, error) {
	return func() (*agent.Status, error) { return agent.ReadStatus(state) }
}
