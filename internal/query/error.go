package query

import (
	"fmt"

	"github.com/eljefe/eljefe/internal/fault"
)

// Error says what is wrong with a query and where. It is of kind fault.Invalid.
type Error struct {
	Position int    // where it begins: Unicode code points before it
	Length   int    // code points; 0 where something is missing
	Message  string // what is wrong and what to do; for people
	// Suggestion is what could stand in place of the code points named; empty if
	// nothing is near.
	Suggestion string
}

// Error returns the message, the place counted from 1, and the suggestion.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s (at character %d)", e.Message, e.Position+1)
	if e.Suggestion != "" {
		s += "; did you mean " + e.Suggestion + "?"
	}
	return s
}

// Unwrap gives the error its kind.
func (e *Error) Unwrap() error { return fault.Invalidf("%s", e.Error()) }

func errorf(at Span, format string, args ...any) *Error {
	return &Error{Position: at.Position, Length: at.Length, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) suggest(s string) *Error {
	e.Suggestion = s
	return e
}
