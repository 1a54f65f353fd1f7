package detect

import "github.com/eljefe/eljefe/internal/event"

// maxKnown is how many processes a Lineage knows at least, of those seen last. Each
// takes its texts, which are those of events.
const maxKnown = 50_000

// A Lineage knows the processes seen last, and fills in what an event does not say
// of its parent, which many rules speak of: some sensors tell no more of it than
// which process it is. It serves one goroutine, and is for who has no database that
// knows.
type Lineage struct {
	young, old map[kin]*ancestor // when young is full it becomes old
}

// kin is a process of a station.
type kin struct {
	station string
	key     event.Key
}

type ancestor struct{ image, commandLine, user, parentImage string }

// Fill fills in the parent, where p says nothing of it, and takes note of p. Sysmon
// and auditing say all that they mean to say: what they recorded stays as it is.
func (l *Lineage) Fill(p *event.Process) {
	if p.Kind == event.Stop || p.Sensor == event.SensorSysmon || p.Sensor == event.SensorSecurity {
		return
	}
	if key := p.ParentKey(); p.ParentImage == "" && p.ParentCommandLine == "" && !key.IsZero() {
		if a := l.find(kin{p.Station, key}); a != nil {
			p.ParentImage, p.ParentCommandLine = a.image, a.commandLine
			if p.ParentUser == "" {
				p.ParentUser = a.user
			}
			if p.GrandparentImage == "" {
				p.GrandparentImage = a.parentImage
			}
		}
	}
	if key := p.Key(); !key.IsZero() {
		l.note(kin{p.Station, key}, &ancestor{p.Image, p.CommandLine, p.User, p.ParentImage})
	}
}

func (l *Lineage) find(k kin) *ancestor {
	if a := l.young[k]; a != nil {
		return a
	}
	return l.old[k]
}

func (l *Lineage) note(k kin, a *ancestor) {
	if l.young == nil || len(l.young) >= maxKnown {
		l.young, l.old = map[kin]*ancestor{}, l.young
	}
	l.young[k] = a
}
