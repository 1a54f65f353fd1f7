package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// mostErrors is how many mistakes are told at once.
const mostErrors = 20

// checker collects what is wrong with a scenario.
type checker struct {
	*Scenario
	errs []error
}

func (c *checker) wrong(at Place, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

// check connects what is named with what has the name, and says what is wrong.
func (s *Scenario) check() error {
	c := &checker{Scenario: s}
	c.programs()
	for _, name := range slices.Sorted(maps.Keys(s.Kinds)) {
		k := s.Kinds[name]
		c.act(k.Place, "boot", k.Boot)
		if k.Logon != "" {
			c.act(k.Place, "logon", k.Logon)
		}
	}
	c.stations()
	c.devices()
	for _, name := range slices.Sorted(maps.Keys(s.Acts)) {
		c.steps(s.Acts[name], nil)
	}
	c.rules()
	c.episodes()
	c.troubles()
	if len(c.errs) > mostErrors {
		c.errs = append(c.errs[:mostErrors], fmt.Errorf("and %d more", len(c.errs)-mostErrors))
	}
	return errors.Join(c.errs...)
}

func (c *checker) programs() {
	if c.Office.Host != "" && c.Programs[c.Office.Host] == nil {
		c.errs = append(c.errs, fmt.Errorf("office: there is no program %q to be the console", c.Office.Host))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Programs)) {
		p := c.Programs[name]
		p.Name = name
		if p.Like != "" {
			c.like(p)
		}
		if p.Path.IsZero() {
			c.wrong(p.Place, "the program %s needs a path", name)
		}
		c.text(p.Place, p.Path)
		if p.Kind = c.Classes[p.Class]; p.Kind == nil {
			c.wrong(p.Place, "there is no class %q; there are %s", p.Class, names(c.Classes))
		}
		if p.MadeBy = c.Makers[p.Maker]; p.MadeBy == nil && p.Maker != "" {
			c.wrong(p.Place, "there is no maker %q; there are %s", p.Maker, names(c.Makers))
		}
		if p.File != "" && p.File != Harmless {
			c.wrong(p.Place, "file must be %s, or be left out", Harmless)
		}
		if p.Original == "=" && len(p.Path.Parts) > 0 {
			last := p.Path.Parts[len(p.Path.Parts)-1].Literal
			p.Original = path.Base(strings.ReplaceAll(last, `\`, "/"))
		}
	}
}

// like gives a program what it does not have of its own from the one whose file
// it is.
func (c *checker) like(p *Program) {
	of := c.Programs[p.Like]
	if of == nil || of.Like != "" || of == p {
		c.wrong(p.Place, "there is no program %q of its own that this one could be like", p.Like)
		return
	}
	if p.Path.IsZero() {
		p.Path = of.Path
	}
	p.KiB, p.Version, p.Maker, p.Description, p.File, p.Updates = of.KiB, of.Version, of.Maker, of.Description, of.File, of.Updates
	p.Class, p.Original = cmp.Or(p.Class, of.Class), cmp.Or(p.Original, of.Original)
	p.Console, p.WOW64 = p.Console || of.Console, p.WOW64 || of.WOW64
}

// text finds the lists of a text.
func (c *checker) text(at Place, t Text) {
	for i := range t.Parts {
		part := &t.Parts[i]
		if part.Blank != BlankList || part.List != nil {
			continue
		}
		if part.List = c.Lists[part.name]; part.List == nil {
			c.wrong(Place{at.File, cmp.Or(t.line, at.Line)}, "there is no list %q for $(%s); there are n, hex, guid, %s", part.name, part.name, names(c.Lists))
		}
	}
}

func (c *checker) stations() {
	if len(c.Stations) == 0 {
		c.errs = append(c.errs, errors.New("the scenario has no stations"))
	}
	seen := map[string]*Station{}
	for _, s := range c.Stations {
		if before := seen[s.Name]; before != nil || s.Name == "" {
			c.wrong(s.Place, "the station needs a name that no other has, not %q", s.Name)
		}
		seen[s.Name] = s
		if s.Of = c.Kinds[s.Kind]; s.Of == nil {
			c.wrong(s.Place, "there is no kind %q of stations; there are %s", s.Kind, names(c.Kinds))
			continue
		}
		if (s.Of.Logon != "") != (s.User != "") {
			c.wrong(s.Place, "a station of the kind %s needs a user exactly if the kind has a logon", s.Kind)
		}
		if !s.Of.Always && s.Hours == (Hours{}) {
			c.wrong(s.Place, "the station needs hours, as it is not always on")
		}
	}
}

func (c *checker) station(at Place, name string) {
	if !slices.ContainsFunc(c.Stations, func(s *Station) bool { return s.Name == name }) {
		c.wrong(at, "there is no station %q", name)
	}
}

func (c *checker) roles(at Place, roles []string) {
	for _, role := range roles {
		if !slices.ContainsFunc(c.Stations, func(s *Station) bool { return s.Has(role) }) {
			c.wrong(at, "no station has the role %q", role)
		}
	}
}

func (c *checker) act(at Place, what, name string) {
	if c.Acts[name] == nil {
		c.wrong(at, "%s: there is no act %q", what, name)
	}
}

func (c *checker) steps(steps []*Step, around *Step) {
	for _, s := range steps {
		if s == nil {
			c.wrong(around.Place, "a step is empty")
			continue
		}
		if s.Plug != "" {
			c.plug(s)
			continue
		}
		if s.Program = c.Programs[s.Run]; s.Program == nil {
			c.wrong(s.Place, "there is no program %q to run", s.Run)
		}
		if s.As != "" && !slices.Contains(Accounts(), s.As) {
			c.wrong(s.Place, "there is no account %q; there are %s", s.As, strings.Join(Accounts(), ", "))
		}
		if s.Chance < 0 || s.Chance > 1 || s.Fails < 0 || s.Fails > 1 {
			c.wrong(s.Place, "chance and fails are between 0 and 1")
		}
		if s.By == "" && around == nil && s.Program != nil && s.Program.KiB > 0 {
			c.wrong(s.Place, "the first steps of an act need by: the name of the process that starts them")
		}
		if s.By != "" && !c.isNamed(s.By) {
			c.wrong(s.Place, "no step has the name %q, by which this one is to be started", s.By)
		}
		c.text(s.Place, s.Command)
		c.text(s.Place, s.Dir)
		c.roles(s.Place, s.Roles)
		c.steps(s.Starts, s)
	}
}

// isNamed tells whether a step gives its process that name.
func (c *checker) isNamed(name string) bool {
	var among func(steps []*Step) bool
	among = func(steps []*Step) bool {
		return slices.ContainsFunc(steps, func(s *Step) bool { return s != nil && (s.Name == name || among(s.Starts)) })
	}
	for _, steps := range c.Acts {
		if among(steps) {
			return true
		}
	}
	return false
}

func (c *checker) rules() {
	for _, r := range c.Days {
		if (len(r.Do) == 0) != r.Reboot {
			c.wrong(r.Place, "one of do and reboot is needed")
		}
		for _, choice := range r.Do {
			c.act(r.Place, "do", choice.Act)
		}
		if (len(r.At) == 0) == (len(r.During) == 0) || (len(r.During) == 0) != r.Each.IsZero() {
			c.wrong(r.Place, "a rule has either at, or during together with each")
		}
		if !r.Each.IsZero() && r.Each.From < 100*time.Millisecond {
			c.wrong(r.Place, "each must be at least 100ms")
		}
		if r.Chance < 0 || r.Chance > 1 {
			c.wrong(r.Place, "chance is between 0 and 1")
		}
		c.roles(r.Place, r.Roles)
		for _, name := range r.Stations {
			c.station(r.Place, name)
		}
	}
}

func (c *checker) episodes() {
	for _, e := range c.Story {
		c.act(e.Place, "do", e.Do)
		c.station(e.Place, e.Station)
		if e.Day < 0 || e.Day > 366 || e.Live != 0 && (e.Day > 0 || e.At > 0) {
			c.wrong(e.Place, "an episode has a day (0 to 366 workdays before) and at, or live, which is how long after the beginning it happens (-2h: before)")
		}
	}
}

func (c *checker) troubles() {
	for _, t := range c.Troubles {
		c.station(t.Place, t.Station)
		kinds := 0
		for _, is := range []bool{t.Gap != "", t.AgentOff, t.Silent, t.Reinstalled, t.Clock != 0} {
			if is {
				kinds++
			}
		}
		if kinds != 1 {
			c.wrong(t.Place, "a trouble is one of gap, agent_off, silent, reinstalled and clock")
		}
		if t.Gap != "" && t.Gap != event.SourceLost && t.Gap != event.SpoolDamaged {
			c.wrong(t.Place, "gap is %s or %s, not %q", event.SourceLost, event.SpoolDamaged, t.Gap)
		}
		if (t.Gap != "" || t.AgentOff) != (t.For > 0) {
			c.wrong(t.Place, "a trouble of the kind gap or agent_off, and no other, needs for: how long it lasts")
		}
		if t.Day < 0 || t.Day > 366 || t.Clock.Abs() > 24*time.Hour {
			c.wrong(t.Place, "day is 0 to 366, and a clock is wrong by a day at most")
		}
	}
}

// Has tells whether the station has a role. Its kind is one of its roles.
func (s *Station) Has(role string) bool { return s.Kind == role || slices.Contains(s.Roles, role) }

// HasAny tells whether the station has one of the roles, or none are asked for.
func (s *Station) HasAny(roles []string) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, s.Has)
}

func names[T any](m map[string]T) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
