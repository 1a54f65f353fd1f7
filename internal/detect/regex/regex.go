// Package regex matches the regular expressions of rules against short texts,
// many times.
//
// It promises time in proportion to the text, whatever the expression and the
// text are: an expression becomes an automaton whose states are made when they
// are first needed, within a bound of memory, and package regexp, which never
// backtracks, does what that is not good for. Expressions that are too large, or
// that most engines would take exponential time for, are refused.
//
// The syntax is RE2's: without references back and without looking around.
package regex

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Limits on an expression.
const (
	maxSource  = 8 << 10 // bytes
	maxProgram = 12_000  // instructions
)

// An Expression is a compiled expression. It is immutable.
type Expression struct {
	source  string // with its flags
	re      *regexp.Regexp
	program *syntax.Prog
	classes *classes
}

// Compile reads an expression. flags are of i, m and s: without regard to case,
// ^ and $ at lines, and a . that is any character.
func Compile(source, flags string) (*Expression, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("it has %d bytes; at most %d are taken", len(source), maxSource)
	}
	if flags != "" {
		source = "(?" + flags + ")" + source
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, explain(err)
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return nil, explain(err)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, explain(err)
	}
	if len(program.Inst) > maxProgram {
		return nil, errTooLarge
	}
	if err := checkAmbiguity(source); err != nil {
		return nil, err
	}
	return &Expression{source: source, re: re, program: program, classes: newClasses(program)}, nil
}

// explain puts the words of package regexp into ours.
func explain(err error) error {
	e, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return err
	}
	switch {
	case e.Code == syntax.ErrInvalidPerlOp, e.Code == syntax.ErrInvalidNamedCapture && strings.HasPrefix(e.Expr, "(?<"):
		return fmt.Errorf("%s looks around, or is otherwise a group that is not supported; write the rule with several selections", e.Expr)
	case e.Code == syntax.ErrInvalidEscape:
		return fmt.Errorf("%s is not supported; a reference back to a group is not either", e.Expr)
	case e.Code == syntax.ErrLarge || e.Code == syntax.ErrInvalidRepeatSize || e.Code == syntax.ErrNestingDepth:
		return fmt.Errorf("%s is too large: its repetitions come to more than can be matched in good time", e.Expr)
	}
	return fmt.Errorf("%s: %s", e.Code, e.Expr)
}

// String returns the expression as it was compiled.
func (e *Expression) String() string { return e.source }

// Find returns where in s the first match begins and ends.
func (e *Expression) Find(s string) (begin, end int, ok bool) {
	at := e.re.FindStringIndex(s)
	if at == nil {
		return 0, 0, false
	}
	return at[0], at[1], true
}

// MatchString tells whether e matches somewhere in s, without any state: what
// a Matcher answers faster.
func (e *Expression) MatchString(s string) bool { return e.re.MatchString(s) }
