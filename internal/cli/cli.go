// Package cli is what the command lines of the programs have in common: how
// they are parsed, which exit code says what, and how text that others wrote is
// shown on a terminal.
//
// It promises that a program never ends the process by itself, prints an error
// once, and that no text of a station, a server or a file can move the cursor,
// turn the direction of writing or otherwise pretend to be something else.
// What the commands do is the programs'.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/eljefe/eljefe/internal/fault"
)

// The exit codes of the programs.
const (
	OK      = 0
	Failure = 1
	Usage   = 2 // a command line or a configuration that is wrong: the same again gives the same
)

// UsageError is wrapped by errors about settings, which trying again cannot mend.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e UsageError) Unwrap() error { return e.Err }

// A Program is one command line.
type Program struct {
	Name, Description string
	Env               string            // what its environment variables begin with, without the underscore
	Vars              map[string]string // for defaults and helps: ${name}
	Grammar           any               // pointer to a struct as kong wants it; commands get it too

	Out, Err io.Writer
}

// Run runs the command that args name, and returns the exit code.
func (p Program) Run(ctx context.Context, args []string) int {
	exited := -1
	parser, err := kong.New(p.Grammar,
		kong.Name(p.Name), kong.Description(p.Description), kong.DefaultEnvars(p.Env), kong.Vars(p.Vars),
		kong.Writers(p.Out, p.Err), kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p.Grammar),
	)
	if err != nil {
		panic(err) // the struct is wrong
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(p.Err, "%s: %s\nTry \"%[1]s --help\".\n", p.Name, Printable(err.Error()))
		return Usage
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintf(p.Err, "%s: %s\n", p.Name, Printable(ForPeople(err)))
		if _, usage := errors.AsType[UsageError](err); usage {
			return Usage
		}
		return Failure
	}
	return OK
}

// Printable makes text from a station, a server or a file harmless on a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// Line is Printable on one line.
func Line(s string) string { return strings.ReplaceAll(Printable(s), "\n", " ") }

// ForPeople returns what a user should read of an error.
func ForPeople(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal {
		return e.Message
	}
	return err.Error()
}

// LogHandler returns what writes a log to w, as the flags ask for: format is
// "text" or "json".
func LogHandler(w io.Writer, format string, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}
