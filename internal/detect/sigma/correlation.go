package sigma

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// maxTimespan is the longest timespan: what falls into it is kept in memory.
const maxTimespan = 30 * 24 * time.Hour

// maxCount is the greatest count that a correlation can ask for, and maxBound the
// greatest upper bound.
const (
	maxCount = 10_000
	maxBound = 1_000
)

// correlation reads the part of a document that is called so.
func (d *document) correlation(m member) *Correlation {
	c := &Correlation{Least: -1, Most: -1, Line: m.line}
	var condition *member
	for _, part := range members(m.value, "correlation") {
		switch part.name {
		case "type":
			switch c.Type = CorrelationType(part.text(maxWord)); c.Type {
			case EventCount, ValueCount, Temporal, TemporalOrdered:
			default:
				fail(part.value.Line, "the correlation type %q is unknown; there are event_count, value_count, temporal and temporal_ordered", c.Type)
			}
		case "rules":
			c.Rules = references(part)
			if c.Rules == nil {
				fail(part.line, "a correlation must name its rules")
			}
		case "generate":
			c.Generate = part.flag()
		case "group-by":
			c.GroupBy = part.texts()
		case "timespan":
			c.Timespan = timespan(part)
		case "aliases":
			c.Aliases = aliases(part)
		case "condition":
			condition = &part
		default:
			fail(part.line, "%q is not known in a correlation; there are type, rules, group-by, timespan, condition, aliases and generate", part.name)
		}
	}
	switch {
	case c.Type == "":
		fail(m.line, "the correlation has no type")
	case len(c.Rules) == 0:
		fail(m.line, "the correlation has no rules")
	case c.Timespan == 0:
		fail(m.line, "the correlation has no timespan, such as 10m")
	}
	c.condition(condition)
	for alias, fields := range c.Aliases {
		for rule := range fields {
			if !c.names(rule) {
				fail(m.line, "the alias %s speaks of %s, which is not among the correlation's rules", alias, rule)
			}
		}
	}
	return c
}

func (c *Correlation) names(rule string) bool {
	for _, r := range c.Rules {
		if r.Text == rule {
			return true
		}
	}
	return false
}

// condition reads how often it must have happened.
func (c *Correlation) condition(m *member) {
	temporal := c.Type == Temporal || c.Type == TemporalOrdered
	if m == nil {
		if !temporal {
			fail(c.Line, "the correlation has no condition, such as gte: 10")
		}
		c.Least = len(c.Rules)
		return
	}
	for _, part := range members(m.value, "the correlation's condition") {
		if part.name == "field" {
			if part.value.Kind != yaml.ScalarNode {
				fail(part.line, "one field can be counted, not several")
			}
			c.Field = part.text(maxWord)
			continue
		}
		n, err := strconv.Atoi(part.text(maxWord))
		if err != nil || n < 0 || n > maxCount {
			fail(part.value.Line, "%s must be a whole number from 0 to %d", part.name, maxCount)
		}
		switch part.name {
		case "gt":
			c.Least = n + 1
		case "gte":
			c.Least = n
		case "lt":
			c.Most = n - 1
			if n == 0 {
				fail(part.value.Line, "less than 0 is never the case")
			}
		case "lte":
			c.Most = n
		case "eq":
			c.Least, c.Most = n, n
		case "neq":
			fail(part.line, "neq cannot be counted to; write gt or lt")
		default:
			fail(part.line, "%q is not known in the condition of a correlation; there are field, gt, gte, lt, lte and eq", part.name)
		}
	}
	switch {
	case c.Least < 0 && c.Most < 0:
		fail(m.line, "the condition compares with nothing; write gte: 10")
	case c.Most > maxBound:
		fail(m.line, "the upper bound %d is too great; it can be %d", c.Most, maxBound)
	case c.Most >= 0 && c.Least > c.Most:
		fail(m.line, "the condition asks for %d at least and %d at most", c.Least, c.Most)
	case c.Type == ValueCount && c.Field == "":
		fail(m.line, "a value_count must name the field whose values are counted")
	case c.Type != ValueCount && c.Field != "":
		fail(m.line, "a field is counted by value_count only")
	case c.Type == TemporalOrdered && (c.Least != len(c.Rules) || c.Most >= 0):
		fail(m.line, "temporal_ordered is the case when all of its rules matched in their order; leave the condition out")
	case c.Type == Temporal && (c.Least > len(c.Rules) || c.Most >= 0):
		fail(m.line, "a temporal correlation of %d rules can ask for that many at least, and for no most", len(c.Rules))
	}
	// None at all gives no event that could tell of it.
	c.Least = max(c.Least, 1)
}

var spans = regexp.MustCompile(`^([0-9]{1,9})([smhd])$`)

func timespan(m member) time.Duration {
	parts := spans.FindStringSubmatch(strings.TrimSpace(m.text(maxWord)))
	if parts == nil {
		fail(m.value.Line, "the timespan %q is not a number with s, m, h or d, such as 10m", m.value.Value)
	}
	n, _ := strconv.ParseInt(parts[1], 10, 64)
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
	if n == 0 || n > math.MaxInt64/int64(unit) || time.Duration(n)*unit > maxTimespan {
		fail(m.value.Line, "the timespan %s is not between 1s and 30d", m.value.Value)
	}
	return time.Duration(n) * unit
}

// aliases reads, for each alias, which field of which rule it is.
func aliases(m member) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, alias := range members(m.value, "aliases") {
		all[alias.name] = map[string]string{}
		for _, rule := range members(alias.value, alias.name) {
			all[alias.name][rule.name] = rule.text(maxWord)
		}
	}
	return all
}
