package query

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits on a query.
const (
	MaxLength = 16 << 10 // bytes of input
	MaxDepth  = 64       // parentheses and negations within one another
	MaxTerms  = 1000     // values, each of a list counted
)

// Parse reads a query that chooses events. Relative times are taken from now.
// Any error is an *Error.
func Parse(input string, now time.Time) (*Query, error) {
	return parse(input, now, eventFields())
}

func parse(input string, now time.Time, fields *fieldTable) (*Query, error) {
	if len(input) > MaxLength {
		runes := utf8.RuneCountInString(input)
		return nil, errorf(Span{0, runes}, "the filter has %d bytes; at most %d are taken: shorten it, or use a list, field:(a OR b)", len(input), MaxLength).coded("filter_too_long", "bytes", "most")
	}
	p := &parser{in: clean(input), now: now.UTC().Truncate(time.Microsecond), fields: fields}
	root, err := p.query()
	if err != nil {
		return nil, err
	}
	return &Query{Root: root}, nil
}

// clean returns the code points of input. Like the texts of events, they hold
// no NUL and nothing that is not UTF-8.
func clean(input string) []rune {
	in := []rune(input)
	for i, r := range in {
		if r == 0 {
			in[i] = '\u2400'
		}
	}
	return in
}

type parser struct {
	in     []rune
	pos    int
	now    time.Time
	fields *fieldTable
	depth  int
	terms  int
}

func (p *parser) query() (Node, *Error) {
	p.space()
	if p.pos == len(p.in) {
		return nil, nil
	}
	var n Node
	if p.peek() != ')' {
		var err *Error
		if n, err = p.or(); err != nil {
			return nil, err
		}
	}
	if p.pos < len(p.in) { // or stops only at the end or at a parenthesis
		return nil, errorf(Span{p.pos, 1}, "this ) has no ( before it; remove it, or quote it to look for it").coded("filter_stray_close")
	}
	return n, nil
}

func (p *parser) space() {
	for p.pos < len(p.in) && unicode.IsSpace(p.in[p.pos]) {
		p.pos++
	}
}

// peek returns the next code point, or -1 at the end.
func (p *parser) peek() rune {
	if p.pos == len(p.in) {
		return -1
	}
	return p.in[p.pos]
}

// since returns the span from position start to here.
func (p *parser) since(start int) Span { return Span{start, p.pos - start} }

// text returns the input in a span.
func (p *parser) text(s Span) string { return string(p.in[s.Position : s.Position+s.Length]) }

// endsWord tells whether a code point ends a word outside quotes.
func endsWord(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' || r == '"' }

// word returns the span of the word that begins here; it does not move.
func (p *parser) word() Span {
	end := p.pos
	for end < len(p.in) && !endsWord(p.in[end]) {
		end++
	}
	return Span{p.pos, end - p.pos}
}

// operator tells whether the word here is AND, OR or NOT, and returns it.
func (p *parser) operator() string {
	w := p.word()
	if w.Length == 2 || w.Length == 3 {
		if s := p.text(w); s == "AND" || s == "OR" || s == "NOT" {
			return s
		}
	}
	return ""
}

func (p *parser) or() (Node, *Error) {
	start := p.pos
	first, err := p.and()
	if err != nil {
		return nil, err
	}
	nodes := []Node{first}
	for p.operator() == "OR" {
		at := p.pos
		p.pos += 2
		p.space()
		if p.missing() {
			return nil, errorf(Span{at, 2}, `%[1]s needs a term after it; write one, remove %[1]s, or quote "%[1]s" to look for the word`, "OR").coded("filter_term_after", "word")
		}
		n, err := p.and()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	if len(nodes) == 1 {
		return first, nil
	}
	return &Or{Span: span(start, nodes), Nodes: nodes}, nil
}

// missing tells whether no term can begin here.
func (p *parser) missing() bool {
	switch p.peek() {
	case -1, ')':
		return true
	}
	op := p.operator()
	return op == "AND" || op == "OR"
}

// span covers nodes, of which the first begins at start.
func span(start int, nodes []Node) Span {
	last := nodes[len(nodes)-1].Place()
	return Span{start, last.Position + last.Length - start}
}

func (p *parser) and() (Node, *Error) {
	start := p.pos
	var nodes []Node
	for {
		switch op := p.operator(); {
		case len(nodes) == 0 && (op == "AND" || op == "OR"):
			return nil, errorf(p.word(), `%[1]s needs a term before it; write one, remove %[1]s, or quote "%[1]s" to look for the word`, op).coded("filter_term_before", "word")
		case op == "AND":
			at := p.pos
			p.pos += 3
			p.space()
			if p.missing() {
				return nil, errorf(Span{at, 3}, `%[1]s needs a term after it; write one, remove %[1]s, or quote "%[1]s" to look for the word`, "AND").coded("filter_term_after", "word")
			}
		case len(nodes) > 0 && (op == "OR" || p.peek() == -1 || p.peek() == ')'):
			if len(nodes) == 1 {
				return nodes[0], nil
			}
			return &And{Span: span(start, nodes), Nodes: nodes}, nil
		}
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		p.space()
	}
}

// deeper counts one level of nesting for the node at a place.
func (p *parser) deeper(at Span) *Error {
	p.depth++
	if p.depth > MaxDepth {
		return errorf(at, "the filter is nested more than %d levels deep; remove parentheses or negations", MaxDepth).coded("filter_too_deep", "most")
	}
	return nil
}

func (p *parser) unary() (Node, *Error) {
	start := p.pos
	sign := Span{start, 1}
	switch {
	case p.operator() == "NOT":
		sign.Length = 3
		p.pos += 3
		p.space()
		if p.missing() {
			return nil, errorf(Span{start, 3}, `%[1]s needs a term after it; write one, remove %[1]s, or quote "%[1]s" to look for the word`, "NOT").coded("filter_term_after", "word")
		}
	case p.peek() == '-':
		p.pos++
		if r := p.peek(); r == -1 || r == ')' || r == '-' || unicode.IsSpace(r) {
			w := p.word()
			at := Span{start, 1 + w.Length}
			return nil, errorf(at, "a - before a term negates it, and here is no term; quote text that begins with -").coded("filter_minus_alone").suggest(quote(p.text(at)))
		}
	case p.peek() == '(':
		return p.group()
	default:
		return p.term()
	}
	if err := p.deeper(sign); err != nil {
		return nil, err
	}
	n, err := p.unary()
	if err != nil {
		return nil, err
	}
	p.depth--
	return &Not{Span: span(start, []Node{n}), Node: n}, nil
}

// group reads a node in parentheses, which count to its span.
func (p *parser) group() (Node, *Error) {
	start := p.pos
	p.pos++
	if err := p.deeper(Span{start, 1}); err != nil {
		return nil, err
	}
	p.space()
	if p.peek() == ')' {
		p.pos++
		return nil, errorf(p.since(start), "there is nothing between these parentheses; write a term, or remove them").coded("filter_empty_group")
	}
	if p.peek() == -1 {
		return nil, errorf(Span{start, 1}, "this ( is never closed; write ) where it ends, or quote it to look for it").coded("filter_open_group")
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, errorf(Span{start, 1}, "this ( is never closed; write ) where it ends, or quote it to look for it").coded("filter_open_group")
	}
	p.pos++
	p.depth--
	whole := p.since(start)
	switch n := n.(type) {
	case *And:
		n.Span = whole
	case *Or:
		n.Span = whole
	case *Not:
		n.Span = whole
	case *Term:
		n.Span = whole
	}
	return n, nil
}

func (p *parser) term() (Node, *Error) {
	start := p.pos
	if p.peek() == '"' {
		text, at, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.bare(text, at)
	}
	w := p.word()
	text := p.text(w)
	name, rest, ok := strings.Cut(text, ":")
	if !ok || !isName(name) {
		p.pos += w.Length
		return p.bare(text, w)
	}
	f, known := p.fields.find(name)
	if !known {
		// C:\temp and http://example are no fields that somebody mistyped.
		if len(name) == 1 && strings.HasPrefix(rest, `\`) || strings.HasPrefix(rest, "//") {
			p.pos += w.Length
			return p.bare(text, w)
		}
		return nil, p.fields.missing(name, Span{start, len(name)})
	}
	p.pos += len(name) + 1 // a name is ASCII
	values, err := p.values(f, Span{start, len(name)})
	if err != nil {
		return nil, err
	}
	return &Term{Span: p.since(start), Field: f, Values: values}, nil
}

// isName tells whether s could be the name of a field.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := lower(s[i])
		if (c < 'a' || c > 'z') && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// clip shortens what a message repeats of the input.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// bare makes the term of a bare word or phrase that stands at a place.
func (p *parser) bare(text string, at Span) (Node, *Error) {
	if err := p.count(at); err != nil {
		return nil, err
	}
	if err := p.ended(at); err != nil {
		return nil, err
	}
	pattern := parsePattern(text)
	switch {
	case len(pattern) == 0:
		return nil, errorf(at, `"" looks for nothing; write what to look for, or field:"" for an empty field`).coded("filter_empty_phrase")
	case isRun(pattern):
		return nil, errorf(at, "* alone holds for every event; write more, or field:* for a field that is known").coded("filter_bare_star")
	}
	return &Term{Span: at, Values: []Value{{Span: at, Pattern: pattern}}}, nil
}

func isRun(p Pattern) bool { return len(p) == 1 && p[0].Wild == Run }

// count counts the value at a place.
func (p *parser) count(at Span) *Error {
	p.terms++
	if p.terms > MaxTerms {
		return errorf(at, "the filter has more than %d terms; remove some", MaxTerms).coded("filter_too_many_terms", "most")
	}
	return nil
}

// ended makes sure that what was read at a place is not followed by a quote or
// by more of a word.
func (p *parser) ended(at Span) *Error {
	r := p.peek()
	switch {
	case r == '"' && p.in[p.pos-1] != '"':
		end := p.pos
		for end < len(p.in) && !unicode.IsSpace(p.in[end]) {
			end++
		}
		whole := Span{at.Position, end - at.Position}
		return errorf(whole, `a quote stands inside a value; quote the whole value, and write \" for a quote in it`).coded("filter_quote_inside").suggest(quote(p.text(whole)))
	case p.in[p.pos-1] == '"' && r != -1 && r != ')' && r != '(' && !unicode.IsSpace(r):
		return errorf(Span{p.pos, max(1, p.word().Length)}, `text follows a closing quote; write a space between them, or \" for a quote inside quotes`).coded("filter_after_quote")
	}
	return nil
}

// quoted reads text in quotes. The span includes them.
func (p *parser) quoted() (string, Span, *Error) {
	start := p.pos
	var b strings.Builder
	slashes := 0
	flush := func(n int) {
		for range n {
			b.WriteByte('\\')
		}
		slashes = 0
	}
	for p.pos++; p.pos < len(p.in); p.pos++ {
		switch r := p.in[p.pos]; {
		case r == '\\':
			slashes++
		case r == '"' && slashes%2 == 0:
			flush(slashes / 2)
			p.pos++
			return b.String(), p.since(start), nil
		case r == '"':
			flush(slashes / 2)
			b.WriteByte('"')
		default:
			flush(slashes)
			b.WriteRune(r)
		}
	}
	at := p.since(start)
	if text := p.text(at); strings.HasSuffix(text, `\"`) {
		e := errorf(at, `this quote is never closed, since \" is a quote inside the text; write \\" to end with a backslash`).coded("filter_escaped_quote")
		return "", Span{}, e.suggest(strings.TrimSuffix(text, `"`) + `\"`)
	}
	return "", Span{}, errorf(at, `this quote is never closed; write " where the text ends`).coded("filter_open_quote")
}

// values reads what follows a field's colon: a value, or a list of them.
func (p *parser) values(f *Field, name Span) ([]Value, *Error) {
	if p.peek() != '(' {
		v, err := p.value(f, name)
		if err != nil {
			return nil, err
		}
		return []Value{v}, nil
	}
	start := p.pos
	p.pos++
	var values []Value
	for {
		p.space()
		switch {
		case p.peek() == -1:
			return nil, errorf(Span{start, 1}, "this list is never closed; write ) after its last value").coded("filter_open_list")
		case p.peek() == ')' && len(values) == 0:
			p.pos++
			return nil, errorf(p.since(start), "this list is empty; write %s:(a OR b)", f.Name).coded("filter_empty_list", "field")
		case p.peek() == ')' || p.operator() != "":
			at := p.word()
			at.Length = max(at.Length, 1)
			return nil, errorf(at, "here a value of %[1]s is missing; write %[1]s:(a OR b)", f.Name).coded("filter_value_missing", "field")
		case p.peek() == '(':
			return nil, errorf(Span{p.pos, 1}, "a list holds only values; quote text with parentheses").coded("filter_group_in_list")
		}
		v, err := p.value(f, name)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		p.space()
		switch {
		case p.peek() == ')':
			p.pos++
			return values, nil
		case p.operator() == "OR":
			p.pos += 2
		case p.peek() == -1:
			return nil, errorf(Span{start, 1}, "this list is never closed; write ) after its last value").coded("filter_open_list")
		default:
			at := p.word()
			at.Length = max(at.Length, 1)
			return nil, errorf(at, "the values of a list are joined by OR; quote a value with spaces, or repeat the field outside the list for AND: %[1]s:a %[1]s:b", f.Name).coded("filter_list_joint", "field")
		}
	}
}

// value reads one value of f, whose name stands at a place.
func (p *parser) value(f *Field, name Span) (Value, *Error) {
	start := p.pos
	op := ""
	if f.compares() { // an operator may stand before a quote
		for p.pos < len(p.in) && strings.ContainsRune("<>=!", p.in[p.pos]) {
			p.pos++
		}
		op = p.text(p.since(start))
	}
	var text string
	quoted := p.peek() == '"'
	if quoted {
		var err *Error
		if text, _, err = p.quoted(); err != nil {
			return Value{}, err
		}
	} else {
		w := p.word()
		text = p.text(w)
		p.pos += w.Length
	}
	at := p.since(start)
	if at.Length == 0 {
		at = Span{name.Position, name.Length + 1}
		return Value{}, errorf(at, `%[1]s needs a value directly after the colon, such as %[2]s; %[1]s:"" is an empty one`, f.Name, f.Examples[0]).coded("filter_no_value", "field", "example")
	}
	if err := p.ended(at); err != nil {
		return Value{}, err
	}
	if err := p.count(at); err != nil {
		return Value{}, err
	}
	v := Value{Span: at}
	switch {
	case op == "" && text == "" && quoted:
		v.Op = Empty
		return v, nil
	case op == "" && isRun(parsePattern(text)):
		v.Op = Present
		return v, nil
	}
	return v, v.read(f, op, text, p.now)
}
