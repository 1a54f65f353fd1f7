package store

import (
	"slices"
	"strings"
)

// condition is a part of a filter: SQL, a look into another table, or several
// conditions of which all or any must hold. What is not known counts as false.
type condition struct {
	sql   string // neither look nor parts
	sure  bool   // sql is never NULL
	other bool   // sql does not hold where the row of the other table is missing

	look *look

	parts []condition // joined by AND, if all, or by OR
	all   bool
}

// look asks whether the row of table from that id names fits where, or not.
type look struct {
	from, id, where string
	not             bool
	other           bool // id is NULL where the row of the other table is missing
}

func (l look) condition() condition { return condition{look: &l} }

// always and never are what a part has become once more is known.
func always() condition { return surely("true") }
func never() condition  { return surely("false") }

func (c *condition) isAlways() bool { return c.sql == "true" }
func (c *condition) isNever() bool  { return c.sql == "false" }

func surely(sql string) condition { return condition{sql: sql, sure: true} }

// not makes the opposite; what is not known becomes true.
func (c condition) not() condition {
	switch {
	case c.look != nil:
		l := *c.look
		l.not = !l.not
		return l.condition()
	case c.parts != nil:
		opposites := make([]condition, len(c.parts))
		for i, p := range c.parts {
			opposites[i] = p.not()
		}
		return combined(opposites, !c.all)
	case c.isAlways():
		return never()
	case c.isNever():
		return always()
	case c.sure:
		return surely("NOT (" + c.sql + ")")
	}
	return surely("((" + c.sql + ") IS NOT TRUE)")
}

// combined joins conditions by AND, if all, or by OR. What decides nothing
// falls away, and looks at the same row become one: each costs the planner and
// the search.
func combined(list []condition, all bool) condition {
	var parts []condition
	places := map[look]int{} // in parts, of looks without where
	for _, c := range list {
		switch {
		case c.isAlways() && all, c.isNever() && !all:
			continue
		case c.isAlways(), c.isNever():
			return c
		case c.parts != nil && c.all == all:
			parts = append(parts, c.parts...)
			continue
		case c.look == nil:
			parts = append(parts, c)
			continue
		}
		row := *c.look
		row.where = ""
		i, again := places[row]
		if !again {
			places[row] = len(parts)
			parts = append(parts, c)
			continue
		}
		row.where = join([]string{parts[i].look.where, c.look.where}, all != row.not)
		parts[i] = row.condition()
	}
	switch {
	case len(parts) == 0 && all:
		return always()
	case len(parts) == 0:
		return never()
	case len(parts) == 1:
		return parts[0]
	}
	return condition{parts: parts, all: all}
}

// needsOther tells whether the condition cannot hold where the row of the other
// table is missing.
func (c *condition) needsOther() bool {
	needs := func(p condition) bool { return p.needsOther() }
	switch {
	case c.look != nil:
		return c.look.other && !c.look.not
	case c.parts != nil && c.all:
		return slices.ContainsFunc(c.parts, needs)
	case c.parts != nil:
		return !slices.ContainsFunc(c.parts, func(p condition) bool { return !needs(p) })
	}
	return c.other
}

// text is the condition as SQL that can stand beside AND and OR. A look that
// must hold may become a join, and the time that planning takes doubles with
// each: behind joins of them it is written so that it stays a look per row, or
// a hash.
func (c *condition) text(joins int) string {
	switch {
	case c.look != nil:
		sql := "EXISTS (SELECT FROM " + c.look.from + " d WHERE d.id = " + c.look.id + " AND " + c.look.where + ")"
		if c.look.not {
			sql = "NOT " + sql
		}
		if joins <= 0 {
			sql = "((" + sql + ") IS TRUE)"
		}
		return sql
	case c.parts == nil:
		return c.sql
	}
	texts := make([]string, len(c.parts))
	for i := range c.parts {
		p := &c.parts[i]
		left := joins
		if !c.all && p.look != nil {
			left = 1 // within an OR it is no join anyway
		}
		texts[i] = p.text(left)
		if c.all && p.look != nil {
			joins--
		}
	}
	return join(texts, c.all)
}

// anyOf and allOf combine conditions on one value.
func anyOf(list []string) string { return join(list, false) }
func allOf(list []string) string { return join(list, true) }

func join(list []string, all bool) string {
	if len(list) == 1 {
		return list[0]
	}
	with := " OR "
	if all {
		with = " AND "
	}
	return "(" + strings.Join(list, with) + ")"
}
