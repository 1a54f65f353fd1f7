package store

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/query"
)

// filter is a query as SQL, for a search over starts or over stops.
//
// It chooses exactly what query.Query.Predicate chooses. So nothing of it
// depends on the database's locale: all comparing is done with COLLATE "C",
// which folds A to Z alone. A trigram index has the database's own collation
// and serves only a condition of that; where there may be one, that condition
// is added, and weakened so that it holds wherever the other does: what is not
// ASCII may stand for anything. That leaves one demand on the database: in its
// locale I and i must be the same letter, which is not so in Turkish and Azeri.
type filter struct {
	where string // one condition, in parentheses if need be; "" if there is none
	joins bool   // where speaks of the other table: t in a search for starts, s for stops
	inner bool   // and does not hold without a row of it
	never bool   // nothing fits

	root     condition // what where is written from
	otherRow *regexp.Regexp
	args     pgx.NamedArgs
}

// arguments returns the values of the names in where, in a map for the caller
// to add to. The names begin with q_.
func (f *filter) arguments() pgx.NamedArgs {
	a := pgx.NamedArgs{}
	maps.Copy(a, f.args)
	return a
}

var (
	namesStart = regexp.MustCompile(`\bs\.`)
	namesStop  = regexp.MustCompile(`\bt\.`)
)

// newFilter compiles q for a search over process_start s, with process_stop t
// joined by LEFT JOIN where filter.joins; if stops, the other way round.
func newFilter(q *query.Query, stops bool) (*filter, error) {
	var root query.Node
	if q != nil {
		root = q.Root
	}
	if stops {
		return compileFilter(root, stopFields(), namesStart)
	}
	return compileFilter(root, startFields(), namesStop)
}

// compileFilter compiles a filter, nil for none, for a search over the columns
// of fields; otherRow finds the names of a table that is joined only if need be.
func compileFilter(n query.Node, fields map[string]column, otherRow *regexp.Regexp) (*filter, error) {
	f := &filter{args: pgx.NamedArgs{}, root: always(), otherRow: otherRow}
	if n != nil {
		c := &filterCompiler{fields: fields, filter: f}
		var err error
		if f.root, err = c.node(n); err != nil {
			return nil, fmt.Errorf("compile filter: %w", err)
		}
	}
	f.write()
	return f, nil
}

// write writes root as SQL.
func (f *filter) write() {
	f.where = ""
	if f.never = f.root.isNever(); !f.root.isAlways() {
		f.where = f.root.text(mostJoins)
	}
	f.joins = f.otherRow != nil && f.otherRow.MatchString(f.where) // no user's text is in it
	f.inner = f.joins && f.root.needsOther()
}

// mostJoins is how many looks of one search may become joins.
const mostJoins = 4

// arg adds an argument and returns its name.
func (f *filter) arg(value any) string {
	name := fmt.Sprintf("q_%d", len(f.args)+1)
	f.args[name] = value
	return "@" + name
}

// filterCompiler makes conditions and collects their arguments. Conditions may
// be NULL where a value is not known; that counts as false, and each NOT sees to it.
type filterCompiler struct {
	fields map[string]column
	*filter
}

func (c *filterCompiler) node(n query.Node) (condition, error) {
	switch n := n.(type) {
	case *query.And:
		list, err := c.nodes(n.Nodes)
		return combined(list, true), err
	case *query.Or:
		list, err := c.nodes(n.Nodes)
		return combined(list, false), err
	case *query.Not:
		inner, err := c.node(n.Node)
		return inner.not(), err
	case *query.Term:
		if n.Field == nil {
			return c.bare(n), nil
		}
		return c.term(n)
	}
	return condition{}, fmt.Errorf("unknown node %T", n)
}

func (c *filterCompiler) nodes(nodes []query.Node) ([]condition, error) {
	list := make([]condition, len(nodes))
	for i, n := range nodes {
		var err error
		if list[i], err = c.node(n); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c *filterCompiler) bare(t *query.Term) condition {
	var list []condition
	for i := range t.Values {
		pattern := query.BareTest(&t.Values[i])
		image, commandLine := query.BareFields()
		for _, f := range [...]*query.Field{image, commandLine} {
			col := c.fields[f.Name]
			list = append(list, col.in(c.text(col, pattern, query.Whole)))
		}
	}
	return combined(list, false)
}

// in makes a condition on a value a condition on s and t. EXISTS and NOT EXISTS
// leave the planner every way: a join where they stand alone, and within an OR
// either a hash of the rows that fit, made once, or a look at one row by its
// key. IN would leave only the hash, and a scan per row where that is too large.
func (col column) in(test string) condition {
	if col.from == "" {
		return condition{sql: test, other: col.other}
	}
	return look{from: col.from, id: col.id, where: test, other: col.other}.condition()
}

func (c *filterCompiler) term(t *query.Term) (condition, error) {
	col, ok := c.fields[t.Field.Name]
	if !ok {
		return condition{}, fmt.Errorf("field %q has no column", t.Field.Name)
	}
	var list []condition
	var values []string
	for i := range t.Values {
		v := &t.Values[i]
		switch {
		case v.Op == query.Present:
			list = append(list, c.known(t.Field, col))
		case v.Op == query.Empty:
			list = append(list, c.known(t.Field, col).not())
		case col.prevalence != "":
			list = append(list, c.prevalence(col, v))
		default:
			value, err := c.value(t.Field, col, v)
			if err != nil {
				return condition{}, err
			}
			values = append(values, value)
		}
	}
	if len(values) > 0 { // one look into the table for all
		list = append(list, col.in(anyOf(values)))
	}
	return combined(list, false), nil
}

// known is the condition that the field has a value.
func (c *filterCompiler) known(f *query.Field, col column) condition {
	switch {
	case col.prevalence != "":
		return c.prevalence(col, &query.Value{Op: query.GreaterOrEqual})
	case col.rarelyBlank:
		blank := col.value + " = ''"
		if col.blank != "" {
			blank = col.blank
		}
		return combined([]condition{{sql: "(" + col.id + " IS NOT NULL)", sure: true, other: col.other}, col.in(blank).not()}, true)
	case col.hashes != nil:
		var list []string
		for _, h := range col.hashes {
			list = append(list, h.value+" IS NOT NULL")
		}
		return col.in(anyOf(list))
	case f.Type == query.Text:
		return col.in(col.value + " <> ''")
	case f.Type == query.Privilege || f.Type == query.Capability:
		return col.in(col.value + " <> 0")
	}
	return col.in("(" + col.value + ") IS NOT NULL")
}

// value is the condition that v sets to the value of a column.
func (c *filterCompiler) value(f *query.Field, col column, v *query.Value) (string, error) {
	switch f.Type {
	case query.Text:
		pattern, part := f.Test(v)
		return c.text(col, pattern, part), nil
	case query.Number, query.Decimal, query.Size, query.Duration:
		return c.number(col, v), nil
	case query.Time:
		return c.time(col, v), nil
	case query.Enum:
		return c.enum(f, col, v)
	case query.Boolean:
		return "(" + col.value + ") = " + c.arg(v.Number != 0) + "::boolean", nil
	case query.Hash:
		return c.hash(col, v)
	case query.GUID:
		return "(" + col.value + ") = " + c.arg([16]byte(v.Key)) + "::uuid", nil
	case query.Privilege, query.Capability:
		return col.value + " & " + c.arg(int64(v.Mask)) + "::bigint <> 0", nil
	}
	return "", fmt.Errorf("field %q has unknown type %q", f.Name, f.Type)
}

func (c *filterCompiler) number(col column, v *query.Value) string {
	low, high, some := v.Numbers()
	value, l, h := col.value, int64(0), int64(0)
	if col.zeroless != "" && low > 0 && v.Op != query.IsNot {
		switch {
		case col.large == "" || high < mostNarrow || low <= mostNarrow && high >= math.MaxInt64:
			value = col.zeroless
		case low > mostNarrow:
			value = col.large
		}
	}
	if col.unsigned {
		// With the uppermost bit turned over, signed numbers are in the order of
		// the unsigned ones that they stand for.
		value = "(" + value + " # '-9223372036854775808'::bigint)"
		l, h = int64(low^1<<63), int64(high^1<<63)
	} else {
		some = some && low <= math.MaxInt64
		l, h = int64(min(low, math.MaxInt64)), int64(min(high, math.MaxInt64))
	}
	is, between := " = ", " BETWEEN "
	if v.Op == query.IsNot {
		is, between = " <> ", " NOT BETWEEN "
	}
	switch {
	case !some && v.Op == query.IsNot:
		return "(" + value + ") IS NOT NULL"
	case !some:
		return "false"
	case l == h && low == high:
		return value + is + c.arg(l) + "::bigint"
	}
	return "(" + value + ")" + between + c.arg(l) + "::bigint AND " + c.arg(h) + "::bigint"
}

func (c *filterCompiler) time(col column, v *query.Value) string {
	from, to := v.Times()
	var list []string
	if !from.IsZero() {
		list = append(list, col.value+" >= "+c.arg(from)+"::timestamptz")
	}
	if !to.IsZero() {
		list = append(list, col.value+" < "+c.arg(to)+"::timestamptz")
	}
	if v.Op == query.IsNot {
		return "NOT " + allOf(list)
	}
	return allOf(list)
}

func (c *filterCompiler) enum(f *query.Field, col column, v *query.Value) (string, error) {
	low, high, some := v.Numbers()
	var numbers []int16
	var names []string
	for i, name := range f.Values {
		if (some && low <= uint64(i) && uint64(i) <= high) == (v.Op == query.IsNot) {
			continue
		}
		switch code := col.codes(name).(type) {
		case int16:
			numbers = append(numbers, code)
		case string:
			names = append(names, code)
		default:
			return "", fmt.Errorf("field %q has codes of type %T", f.Name, code)
		}
	}
	switch {
	case numbers != nil:
		return col.value + " = ANY (" + c.arg(numbers) + "::smallint[])", nil
	case names != nil:
		return col.value + " = ANY (" + c.arg(names) + "::text[])", nil
	}
	return "false", nil
}

func (c *filterCompiler) hash(col column, v *query.Value) (string, error) {
	var list []string
	for _, h := range col.hashes {
		missing := 2*h.octets - len(v.Hex)
		if missing < 0 {
			continue
		}
		first, err1 := hex.DecodeString(v.Hex + strings.Repeat("0", missing))
		last, err2 := hex.DecodeString(v.Hex + strings.Repeat("f", missing))
		if err1 != nil || err2 != nil {
			return "", fmt.Errorf("hash %q is not hexadecimal", v.Hex)
		}
		between := " BETWEEN " + c.arg(first) + "::bytea AND " + c.arg(last) + "::bytea"
		condition := h.value + between
		if h.value == "d.sha256" { // where it is known it is the identity, which has an index
			condition = "(d.identity" + between + " AND " + condition + ")"
		}
		list = append(list, condition)
	}
	if list == nil {
		return "false", nil
	}
	return anyOf(list), nil
}

// prevalence finds binaries by their figures in the fleet: the totals, and for
// the few that have something not yet folded into them, the sums. Nothing
// stored has a figure of 0, which means not known.
func (c *filterCompiler) prevalence(col column, v *query.Value) condition {
	low, high, some := v.Numbers()
	if some = some && low <= math.MaxInt64; !some && v.Op != query.IsNot {
		return never()
	}
	fits := func(figure string) string { return figure + " >= 1" }
	if some {
		from, to := c.arg(int64(max(low, 1))), c.arg(int64(min(high, math.MaxInt64)))
		fits = func(figure string) string {
			between := figure + " BETWEEN " + from + "::bigint AND " + to + "::bigint"
			if v.Op == query.IsNot {
				return "(" + figure + " >= 1 AND NOT " + between + ")"
			}
			return between
		}
	}
	// IS TRUE keeps the planner from making a join of it, whose size it guesses
	// so low that it goes through all binaries for each row; as it stands, the
	// binaries are hashed once.
	return surely(`((` + col.id + ` IN (
			SELECT d.binary_id FROM (
				SELECT p.binary_id FROM binary_total p
				WHERE  ` + fits("p."+col.prevalence) + ` AND NOT EXISTS (SELECT FROM prevalence_delta e WHERE e.binary_id = p.binary_id)
				UNION  ALL
				SELECT p.binary_id
				FROM  (SELECT binary_id, ` + col.prevalence + ` FROM prevalence_delta
				       UNION ALL
				       SELECT b.binary_id, b.` + col.prevalence + ` FROM binary_total b
				       WHERE  EXISTS (SELECT FROM prevalence_delta e WHERE e.binary_id = b.binary_id)) AS p
				GROUP  BY 1
				HAVING ` + fits("sum(p."+col.prevalence+")") + `) AS d)) IS TRUE)`)
}

// text is the condition that a part of a text fits a pattern.
func (c *filterCompiler) text(col column, p query.Pattern, part query.Part) string {
	anything := query.Piece{Wild: query.Run}
	// may is true of every text in which the part is somewhere. It serves the index,
	// and stands last: outside of C every comparing costs twice as much.
	may := func(before, after bool) []string {
		if col.trigrams == "" {
			return nil
		}
		var wide query.Pattern
		if before || col.trigrams != col.value {
			wide = append(wide, anything)
		}
		wide = append(wide, p...)
		if after {
			wide = append(wide, anything)
		}
		return []string{col.trigrams + " ILIKE " + c.arg(likePattern(asciiOnly(wide)))}
	}
	fits := func(value string, p query.Pattern) string {
		return value + ` COLLATE "C" ILIKE ` + c.arg(likePattern(p))
	}
	trimmed := `rtrim(` + col.value + `, '\/')`
	switch part {
	case query.LastElement:
		return allOf(append([]string{fits(lastElement(col.value), p)}, may(true, false)...))
	case query.AccountPart:
		return anyOf([]string{fits(col.value, p), fits(`split_part(`+col.value+`, '\', -1)`, p)})
	case query.DirectoryPart:
		either := anyOf([]string{fits(col.value, p), fits(trimmed, p.Trimmed())})
		p = p.Trimmed()
		return allOf(append([]string{col.value + " <> ''", either}, may(false, true)...))
	case query.LastDirectory:
		return allOf(append([]string{fits(lastElement(trimmed), p)}, may(true, true)...))
	}
	return allOf(append([]string{fits(col.value, p)}, may(false, false)...))
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likePattern writes a pattern for LIKE and ILIKE.
func likePattern(p query.Pattern) string {
	var b strings.Builder
	for _, piece := range p {
		switch piece.Wild {
		case query.Run:
			b.WriteByte('%')
		case query.One:
			b.WriteByte('_')
		default:
			b.WriteString(likeEscaper.Replace(piece.Text))
		}
	}
	return b.String()
}

// asciiOnly returns a pattern that fits whatever p fits in any locale: how many
// characters others than ASCII become in lower case, the locale decides.
func asciiOnly(p query.Pattern) query.Pattern {
	var wide query.Pattern
	run := func() {
		if len(wide) == 0 || wide[len(wide)-1].Wild != query.Run {
			wide = append(wide, query.Piece{Wild: query.Run})
		}
	}
	for _, piece := range p {
		if piece.Wild != query.Literal {
			run()
			continue
		}
		for text := piece.Text; text != ""; {
			n := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 })
			switch {
			case n < 0:
				n = len(text)
				fallthrough
			case n > 0:
				wide = append(wide, query.Piece{Text: text[:n]})
			default:
				run()
				n = len(text) - len(strings.TrimLeftFunc(text, func(r rune) bool { return r >= 0x80 }))
			}
			text = text[n:]
		}
	}
	return wide
}
