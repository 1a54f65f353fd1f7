package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/eljefe/eljefe/internal/fault"
)

type grammar struct {
	Do doCommand `cmd:""`
}

type doCommand struct {
	What string `arg:""`
}

var errOurs = errors.New("ours\x1b[2J")

func (c doCommand) Run(ctx context.Context, g *grammar) error {
	if g == nil || ctx.Err() != nil {
		return errors.New("the command was not given what it needs")
	}
	return map[string]error{
		"fail": errOurs, "use": fmt.Errorf("settings: %w", UsageError{errOurs}),
		"fault": fmt.Errorf("inside: %w", fault.NotFoundf("no such thing")),
	}[c.What]
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"do", "well"}, OK, ""},
		{[]string{"do", "fail"}, Failure, "prog: ours\uFFFD[2J\n"},
		{[]string{"do", "use"}, Usage, "prog: settings: ours\uFFFD[2J\n"},
		{[]string{"do", "fault"}, Failure, "prog: no such thing\n"},
	} {
		var out bytes.Buffer
		p := Program{Name: "prog", Env: "PROG", Grammar: new(grammar), Out: &out, Err: &out}
		if code := p.Run(t.Context(), test.args); code != test.code || out.String() != test.want {
			t.Errorf("%q: code %d, %q; want %d, %q", test.args, code, out.String(), test.code, test.want)
		}
	}
	var out bytes.Buffer
	p := Program{Name: "prog", Env: "PROG", Grammar: new(grammar), Out: &out, Err: &out}
	if code := p.Run(t.Context(), []string{"go\x1b[2J"}); code != Usage || bytes.ContainsRune(out.Bytes(), 0x1b) || !bytes.Contains(out.Bytes(), []byte("Try \"prog --help\"")) {
		t.Errorf("an unknown command: code %d, %q", code, out.String())
	}
}

func TestPrintable(t *testing.T) {
	if got, want := Printable("a\x1b[31m\u202eb\nc\u200bñ"), "a\uFFFD[31m\uFFFDb\nc\uFFFDñ"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	if got := Line("a\nb"); got != "a b" {
		t.Errorf("got %q", got)
	}
}
