package sigma

import (
	"path"
	"strings"
)

// selections are the named parts of a detection, in their order.
type selections struct {
	names  []string
	byName map[string]*Expr
}

// conditionParser reads a condition: or, and, not, "1 of", "all of", names and
// parentheses, from the weakest binding to the strongest.
type conditionParser struct {
	words []string
	at    int
	depth int
	line  int
	from  selections
	used  map[string]bool
}

// condition reads the text of a condition.
func (d *document) condition(text string, line int, from selections, used map[string]bool) *Expr {
	if strings.Contains(text, "|") {
		fail(line, "the condition counts behind a |, as Sigma did before version 2; write a correlation document instead")
	}
	text = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)
	p := &conditionParser{words: strings.Fields(text), line: line, from: from, used: used}
	if len(p.words) == 0 {
		fail(line, "the condition is empty; name a selection in it")
	}
	e := p.or()
	if p.at < len(p.words) {
		fail(line, "%q in the condition is not expected where it stands; put and, or, or parentheses between", p.words[p.at])
	}
	return e
}

func (p *conditionParser) word() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

// take passes over a keyword, if it comes next.
func (p *conditionParser) take(keyword string) bool {
	if !strings.EqualFold(p.word(), keyword) {
		return false
	}
	p.at++
	return true
}

func (p *conditionParser) or() *Expr {
	kids := []*Expr{p.and()}
	for p.take("or") {
		kids = append(kids, p.and())
	}
	return group(Or, kids)
}

func (p *conditionParser) and() *Expr {
	kids := []*Expr{p.not()}
	for p.take("and") {
		kids = append(kids, p.not())
	}
	return group(And, kids)
}

func (p *conditionParser) not() *Expr {
	if p.depth++; p.depth > maxDepth {
		fail(p.line, "the condition is nested more than %d deep; divide the rule", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.take("not") {
		return &Expr{Op: Not, Kids: []*Expr{p.not()}}
	}
	return p.operand()
}

// operand reads what is not divided: parentheses, "1 of x*", or a name.
func (p *conditionParser) operand() *Expr {
	word := p.word()
	p.at++
	switch {
	case word == "":
		fail(p.line, "the condition ends where a selection should be named")
	case word == "(":
		e := p.or()
		if !p.take(")") {
			fail(p.line, "a parenthesis of the condition is not closed")
		}
		return e
	case p.take("of"):
		return p.of(word)
	}
	e, ok := p.from.byName[word]
	if !ok {
		fail(p.line, "the condition names %q, and there is no such selection; there are %s", word, strings.Join(p.from.names, ", "))
	}
	p.used[word] = true
	return e
}

// of reads what follows "1 of", "any of" or "all of".
func (p *conditionParser) of(quantifier string) *Expr {
	op := Or
	switch strings.ToLower(quantifier) {
	case "all":
		op = And
	case "1", "any":
	default:
		fail(p.line, "the condition says %q of; only 1 of, any of and all of are known", quantifier)
	}
	target := p.word()
	p.at++
	if target == "" || target == "(" || target == ")" {
		fail(p.line, "the condition says %s of nothing; name selections, as in %[1]s of selection*, or them", quantifier)
	}
	var kids []*Expr
	for _, name := range p.from.names {
		// A name that begins with _ is left out of "them": it is to be named.
		if strings.EqualFold(target, "them") && !strings.HasPrefix(name, "_") || fitsName(target, name) {
			kids = append(kids, p.from.byName[name])
			p.used[name] = true
		}
	}
	if len(kids) == 0 {
		fail(p.line, "no selection is called %s, which the condition speaks of; there are %s", target, strings.Join(p.from.names, ", "))
	}
	return group(op, kids)
}

// fitsName tells whether a name fits a pattern with *.
func fitsName(pattern, name string) bool {
	escaped := strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`, "/", "\x00").Replace(pattern)
	ok, err := path.Match(escaped, strings.ReplaceAll(name, "/", "\x00"))
	return ok && err == nil
}

// group joins kids, of which there may be one, or none.
func group(op Op, kids []*Expr) *Expr {
	switch {
	case len(kids) == 1:
		return kids[0]
	case len(kids) == 0 && op == And:
		return &Expr{Op: Always}
	case len(kids) == 0:
		return &Expr{Op: Never}
	}
	return &Expr{Op: op, Kids: kids}
}
