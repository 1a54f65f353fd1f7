// Package fault defines the few kinds of error that every layer shares, so that
// one place can turn them into answers.
//
// What a person may see carries a code and named values too: by these the page
// says it in the reader's language. The English message is for programs, logs
// and the command line.
//
// An error that carries no kind is ours: it is logged in full, once, and shown
// to nobody but the log.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what went wrong from the caller's point of view.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody classified.
const (
	Internal     Kind = iota
	Invalid           // the request is wrong; Message says where and how to mend it
	Unauthorized      // nobody is logged in, or the session has ended
	Forbidden         // the caller is known and may not do this
	NotFound          // there is no such thing
	Conflict          // it clashes with what is there
	TooMany           // too many requests; waiting helps
	TooLarge          // the input exceeds a stated limit
	Unavailable       // something we depend on is not there now; trying again may help
	Timeout           // it took longer than its limit
)

// Error is an error whose message may be shown to the caller.
type Error struct {
	Kind    Kind
	Message string // says what, where and what to do; for people
	Err     error  // the cause, for the log; may be nil

	Code   string         // what Message says, in one stable word; "" where no page shows it
	Params map[string]any // the values that Message has, by their names; see Named

	args []any // of Message
}

// Coded gives the error its code, and names to the values of its message in
// their order. An empty name leaves one out.
func (e *Error) Coded(code string, names ...string) *Error {
	e.Code, e.Params = code, Named(names, e.args)
	return e
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of the given kind.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), args: args}
}

// Wrap returns an error of the given kind that keeps its cause for the log.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: cause, args: args}
}

// Invalidf returns an error of kind Invalid.
func Invalidf(format string, args ...any) *Error { return New(Invalid, format, args...) }

// NotFoundf returns an error of kind NotFound.
func NotFoundf(format string, args ...any) *Error { return New(NotFound, format, args...) }

// KindOf returns the kind of err, or Internal when it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
