package query

import (
	"fmt"

	"github.com/eljefe/eljefe/internal/fault"
)

// Error says what is wrong with a query and where. It is of kind fault.Invalid.
type Error struct {
	Position int            // where it begins: Unicode code points before it
	Length   int            // code points; 0 where something is missing
	Message  string         // what is wrong and what to do; for people
	Code     string         // what Message says, in one stable word
	Params   map[string]any // the values that Message has, by their names
	// Suggestion is what could stand in place of the code points named; empty if
	// nothing is near.
	Suggestion string

	args []any // of Message
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
func (e *Error) Unwrap() error {
	return &fault.Error{Kind: fault.Invalid, Message: e.Error(), Code: e.Code, Params: e.Params}
}

func errorf(at Span, format string, args ...any) *Error {
	return &Error{Position: at.Position, Length: at.Length, Message: fmt.Sprintf(format, args...), args: args}
}

// coded gives the error its code, and names to the values of its message.
func (e *Error) coded(code string, names ...string) *Error {
	e.Code, e.Params = code, fault.Named(names, e.args)
	return e
}

func (e *Error) suggest(s string) *Error {
	e.Suggestion = s
	return e
}
