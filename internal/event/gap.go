package event

import (
	"fmt"
	"slices"
	"time"
)

// GapKind is the kind of a gap's record, beside Start, Stop and Running.
const GapKind Kind = "gap"

// Cause tells why a station's record is incomplete for a while.
type Cause string

// The causes. All but the last two are told by the station itself.
const (
	SourceLost        Cause = "source_lost"        // the kernel or the sensor dropped events before they could be kept
	SpoolEvicted      Cause = "spool_evicted"      // the spool was full or too old, and gave up its oldest records
	SpoolDamaged      Cause = "spool_damaged"      // records on the station's disk could not be read any more
	EnrichmentSkipped Cause = "enrichment_skipped" // the events are there; hashes or other facts are not
	AgentOff          Cause = "agent_off"          // the station ran without the agent
	BeforeAgent       Cause = "before_agent"       // from the station's start until the agent's
	ClockJump         Cause = "clock_jump"         // the station's clock was set: times around it are not comparable
	Refused           Cause = "refused"            // the server could not store what the station sent
	Unexplained       Cause = "unexplained"        // numbers are missing in the station's stream and nothing says why
)

// Causes are all of them.
var causes = []Cause{
	SourceLost, SpoolEvicted, SpoolDamaged, EnrichmentSkipped, AgentOff, BeforeAgent, ClockJump, Refused, Unexplained,
}

// Causes returns all causes, in the order of their description.
func Causes() []Cause { return slices.Clone(causes) }

// A Gap is a span for which a station's record is incomplete. It stands in the
// station's stream like an event, with a number of its own.
type Gap struct {
	Kind     Kind      `json:"kind"` // GapKind
	Seq      uint64    `json:"seq,omitzero"`
	Cause    Cause     `json:"cause"`
	From     time.Time `json:"from"` // by the station's clock
	To       time.Time `json:"to"`
	Events   *uint64   `json:"events,omitempty"`   // that are missing or lack something; nil where nobody can know
	FirstSeq uint64    `json:"first_seq,omitzero"` // of the records that are missing in the stream
	LastSeq  uint64    `json:"last_seq,omitzero"`  // of the same; 0: none are missing in the stream
	Detail   string    `json:"detail,omitempty"`   // for people: what exactly happened
}

// Check cleans the gap's text and says what is wrong with it, naming the field.
func (g *Gap) Check() error {
	switch {
	case g.Kind != GapKind:
		return fmt.Errorf("kind %.40q is not %q", g.Kind, GapKind)
	case !slices.Contains(causes, g.Cause):
		return fmt.Errorf("cause %.40q is unknown; it must be one of %v", g.Cause, causes)
	case g.LastSeq < g.FirstSeq, g.FirstSeq == 0 && g.LastSeq != 0:
		return fmt.Errorf("first_seq %d and last_seq %d are no span", g.FirstSeq, g.LastSeq)
	}
	for _, t := range []struct {
		name string
		at   *time.Time
	}{{"from", &g.From}, {"to", &g.To}} {
		if t.at.Before(earliest) || t.at.After(latest) {
			return fmt.Errorf("%s %s is outside %d to %d", t.name, t.at.UTC().Format(time.RFC3339), earliest.Year(), latest.Year())
		}
		*t.at = t.at.UTC()
	}
	if g.To.Before(g.From) {
		return fmt.Errorf("to %s is before from %s", g.To.Format(time.RFC3339Nano), g.From.Format(time.RFC3339Nano))
	}
	if g.Detail = CleanText(g.Detail); len(g.Detail) > MaxText {
		return fmt.Errorf("detail has %d bytes; at most %d are taken", len(g.Detail), MaxText)
	}
	return nil
}
