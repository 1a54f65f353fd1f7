package store

import "strings"

// condition is SQL that can stand beside AND and OR.
type condition struct {
	sql   string
	sure  bool  // it is never NULL
	joins bool  // the planner makes a join of it where it must hold
	look  *look // it is nothing but this
}

// look asks whether the row of table from that id names fits where, or not.
type look struct {
	from, id, where string
	not             bool
}

func (l look) condition() condition {
	sql := "EXISTS (SELECT FROM " + l.from + " d WHERE d.id = " + l.id + " AND " + l.where + ")"
	if l.not {
		sql = "NOT " + sql
	}
	return condition{sql: sql, sure: true, joins: true, look: &l}
}

func maybe(sql string) condition  { return condition{sql: sql} }
func surely(sql string) condition { return condition{sql: sql, sure: true} }

// not makes the opposite; what is not known becomes true.
func (c condition) not() condition {
	switch {
	case c.look != nil:
		l := *c.look
		l.not = !l.not
		return l.condition()
	case c.sure:
		return condition{sql: "NOT " + c.sql, sure: true, joins: c.joins}
	}
	return surely("((" + c.sql + ") IS NOT TRUE)")
}

// combine prepares conditions for AND, if all, or for OR. Looks at the same row
// become one: each costs the planner and the search.
func combine(list []condition, all bool) []condition {
	var out []condition
	var wheres [][]string    // of out, where it is a look
	places := map[look]int{} // in out, of looks without where
	for _, c := range list {
		if c.look != nil {
			row := *c.look
			row.where = ""
			if i, again := places[row]; again {
				wheres[i] = append(wheres[i], c.look.where)
				continue
			}
			places[row] = len(out)
			wheres = append(wheres, []string{c.look.where})
		} else {
			wheres = append(wheres, nil)
		}
		out = append(out, c)
	}
	for row, i := range places {
		if len(wheres[i]) > 1 {
			row.where = join(wheres[i], all != row.not)
			out[i] = row.condition()
		}
	}
	return out
}

// combined joins conditions by AND, if all, or by OR.
func combined(list []condition, all bool) condition {
	list = combine(list, all)
	if len(list) == 1 {
		return list[0]
	}
	whole := condition{sure: true}
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = c.sql
		whole.sure = whole.sure && c.sure
		whole.joins = whole.joins || all && c.joins
	}
	whole.sql = join(texts, all)
	return whole
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
