package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Place is where something stands in a scenario's file.
type Place struct {
	File string
	Line int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Span is a length of time between two bounds, written as "3s", "1s..3s" or
// "40..90ms".
type Span struct{ From, To time.Duration }

// IsZero tells whether nothing was written.
func (s Span) IsZero() bool { return s == Span{} }

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Span) UnmarshalYAML(n *yaml.Node) error {
	from, to, two := strings.Cut(n.Value, "..")
	if !two {
		to = from
	}
	last, err := time.ParseDuration(to)
	if err != nil {
		return mistake(n, "%.40q is no length of time; write one as 40ms, 3s, 2m..5m or 1h30m", n.Value)
	}
	first, err := time.ParseDuration(from)
	if err != nil { // the unit stands behind the second alone
		first, err = time.ParseDuration(from + strings.TrimLeft(to, "0123456789."))
	}
	if err != nil || first < 0 || last < first {
		return mistake(n, "%.40q is no length of time; the first of two must be the shorter one", n.Value)
	}
	*s = Span{first, last}
	return nil
}

// Count is a number between two bounds, written as "4" or "2..6".
type Count struct{ From, To int }

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Count) UnmarshalYAML(n *yaml.Node) error {
	from, to, two := strings.Cut(n.Value, "..")
	if !two {
		to = from
	}
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || first < 0 || last < first || last > 1000 {
		return mistake(n, "%.40q is no number; write one as 4 or 2..6, at most 1000", n.Value)
	}
	*c = Count{first, last}
	return nil
}

// Clock is a time of day, since midnight, written as "07:45" or "09:41:32".
type Clock time.Duration

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Clock) UnmarshalYAML(n *yaml.Node) error {
	at, ok := parseClock(n.Value)
	if !ok {
		return mistake(n, "%.40q is no time of day; write one as \"07:45\" or \"09:41:32\"", n.Value)
	}
	*c = at
	return nil
}

func parseClock(text string) (Clock, bool) {
	if text == "24:00" {
		return Clock(24 * time.Hour), true
	}
	for _, layout := range [...]string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return Clock(t.Sub(t.Truncate(24 * time.Hour))), true
		}
	}
	return 0, false
}

// Hours is a part of a day, written as "08:30-17:15". It does not go past
// midnight.
type Hours struct{ From, To Clock }

// UnmarshalYAML implements yaml.Unmarshaler.
func (h *Hours) UnmarshalYAML(n *yaml.Node) error {
	from, to, _ := strings.Cut(n.Value, "-")
	first, ok1 := parseClock(from)
	last, ok2 := parseClock(to)
	if !ok1 || !ok2 || last <= first {
		return mistake(n, "%.40q is no part of a day; write one as 08:30-17:15", n.Value)
	}
	*h = Hours{first, last}
	return nil
}

// Days is a set of days of the week, written as "workdays", "weekends", "daily"
// or "mon,wed,fri". The empty set stands for all days.
type Days uint8

// Has tells whether the set holds the day.
func (d Days) Has(day time.Weekday) bool { return d == 0 || d&(1<<day) != 0 }

const workdays = Days(1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday)

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Days) UnmarshalYAML(n *yaml.Node) error {
	*d = 0
	for word := range strings.SplitSeq(n.Value, ",") {
		switch word = strings.TrimSpace(word); word {
		case "workdays":
			*d |= workdays
		case "weekends":
			*d |= 1<<time.Saturday | 1<<time.Sunday
		case "daily":
			*d |= 1<<7 - 1
		default:
			i := strings.Index("sun mon tue wed thu fri sat", word)
			if len(word) != 3 || i%4 != 0 {
				return mistake(n, "%.40q are no days; write workdays, weekends, daily, or some of sun,mon,tue,wed,thu,fri,sat", n.Value)
			}
			*d |= 1 << (i / 4)
		}
	}
	return nil
}

// Choice is one of several acts, and how often it is taken among them.
type Choice struct {
	Act    string
	Weight int
}

// Choices are acts of which one is taken. A single one is written as its name,
// several as a mapping of names to weights.
type Choices []Choice

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Choices) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = Choices{{n.Value, 1}}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return mistake(n, "this must be the name of an act, or a mapping of acts to weights")
	}
	for i := 0; i < len(n.Content); i += 2 {
		weight, err := strconv.Atoi(n.Content[i+1].Value)
		if err != nil || weight < 1 {
			return mistake(n.Content[i+1], "%.40q is no weight; it must be a number of 1 or more", n.Content[i+1].Value)
		}
		*c = append(*c, Choice{n.Content[i].Value, weight})
	}
	return nil
}
