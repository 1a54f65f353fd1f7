// Package world plays a scenario: it tells, station by station, which processes
// start and end on the simulated network, and which devices come and go, as the sensors there would report it.
//
// Equal scenarios, seeds and times give equal streams, however far one is read at
// a time. Of each station the records come in the order of their times; a parent
// is told before what it starts, and has not ended by then; no two processes have
// one pid at the same time. What is told of an executable is the same whenever
// the same content runs.
//
// It knows no network and no clock: who reads decides how fast time goes, and
// what becomes of the records.
package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

// Config says when and how a scenario is played.
type Config struct {
	Seed uint64
	From time.Time // when the stations got their agents
	Live time.Time // the moment from which the scenario's days are counted back
	Zone *time.Location
	Busy float64 // how much happens: 2 is twice as much; 0 is 1
}

// Record is what a station reports: an event, a gap or a device.
type Record struct {
	Time  time.Time // when it was known, by the true clock; the record's own times are by the station's
	Event *event.Process
	Gap   *event.Gap

	Device *event.Device
}

// World is a scenario that is being played.
type World struct {
	scenario *scenario.Scenario
	cfg      Config
	files    map[fileKey]*file
	given    map[string][]byte // files that there really are, by SHA-256
}

// New returns a world in which nothing has happened yet.
func New(s *scenario.Scenario, cfg Config) *World {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Busy <= 0 {
		cfg.Busy = 1
	}
	w := &World{scenario: s, cfg: cfg, files: map[fileKey]*file{}, given: map[string][]byte{}}
	for _, p := range s.Programs {
		for i := -1; i < len(p.Updates); i++ {
			w.file(p, i)
		}
	}
	return w
}

// Stations returns the stations at the beginning of their streams. A machine
// that is installed anew is two stations.
func (w *World) Stations() []*Station {
	var list []*Station
	for i, s := range w.scenario.Stations {
		list = append(list, w.station(s, i, nil))
		for _, t := range w.scenario.Troubles {
			if t.Station == s.Name && t.Reinstalled && w.moment(t.Day, t.At).After(w.cfg.From) {
				list = append(list, w.station(s, i, t))
			}
		}
	}
	return list
}

// File returns the content of the file with that SHA-256, or nil if it is only
// told of and does not exist.
func (w *World) File(sha256 string) []byte { return w.given[sha256] }

// day returns the midnight with which a day begins that is so many workdays
// before the live one; 0 is the live one itself.
func (w *World) day(back int) time.Time {
	day := midnight(w.cfg.Live.In(w.cfg.Zone))
	for back > 0 {
		day = day.AddDate(0, 0, -1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			back--
		}
	}
	return day
}

// moment returns a time of day of the day that is so many workdays back.
func (w *World) moment(back int, at scenario.Clock) time.Time { return clock(w.day(back), at) }

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// clock returns a time of the day that begins at midnight. It is what the clock
// on the wall shows, also on days on which that is set.
func clock(midnight time.Time, at scenario.Clock) time.Time {
	y, m, d := midnight.Date()
	return time.Date(y, m, d, 0, 0, 0, int(at), midnight.Location())
}

// fileKey is a version of a program.
type fileKey struct {
	program *scenario.Program
	version int // index in Updates; -1: the first
}

// file is what is told of an executable's content.
type file struct {
	sha256, sha1, md5, version string
	size                       uint64
}

// file returns the facts of a version of a program. Two programs of one content
// have the same.
func (w *World) file(p *scenario.Program, version int) *file {
	key := fileKey{p, version}
	if f := w.files[key]; f != nil {
		return f
	}
	f := &file{version: p.Version}
	if version >= 0 {
		f.version = p.Updates[version].Version
	}
	switch {
	case p.KiB == 0:
	case p.File == scenario.Harmless:
		info := specimen.Info{OriginalFilename: p.Original, FileDescription: p.Description, FileVersion: f.version}
		if p.MadeBy != nil {
			info.CompanyName, info.ProductName = p.MadeBy.Company, p.MadeBy.Product
		}
		content := specimen.Harmless(info, p.KiB<<10)
		f.size = uint64(len(content))
		f.digest(content)
		w.given[f.sha256] = content
	default:
		content := fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%d", p.Maker, p.Original, p.Description, f.version, p.KiB)
		f.digest(content)
		sum := sha256.Sum256(content)
		f.size = uint64(p.KiB)<<10 + uint64(sum[0]&^7)
	}
	w.files[key] = f
	return f
}

// seedOf derives a number from the seed and names.
func (w *World) seedOf(names ...string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, w.cfg.Seed)
	for _, n := range names {
		h.Write([]byte{0})
		h.Write([]byte(n))
	}
	return h.Sum64()
}

// fingerprint is that of the machine called name.
func (w *World) fingerprint(name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "simulated machine\n%d\n%s", w.cfg.Seed, name))
	return hex.EncodeToString(sum[:])
}
