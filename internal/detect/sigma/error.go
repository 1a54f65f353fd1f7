package sigma

import (
	"fmt"

	"github.com/eljefe/eljefe/internal/fault"
)

// Error says what is wrong in a file, and where.
type Error struct {
	File   string
	Line   int // from 1; 0 where it is the file as a whole
	ID     string
	Title  string // of the document, as far as it could be read
	Reason string // what is wrong and what to do; for people
}

// Error returns the place and the reason.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// Unwrap gives the error its kind.
func (e *Error) Unwrap() error { return &fault.Error{Kind: fault.Invalid, Message: e.Error()} }

// mistake is an Error whose file is not known yet. It is thrown by the functions
// that read nodes and caught by Read, so that those can return what they read.
type mistake struct {
	line   int
	reason string
}

// fail ends the reading of a document.
func fail(line int, format string, args ...any) {
	panic(&mistake{line, fmt.Sprintf(format, args...)})
}
