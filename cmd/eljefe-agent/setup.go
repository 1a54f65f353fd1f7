package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/cli"
)

// setupCommand is what the program does that was started without a word, as by a
// double click: it gets the rights that it needs, installs itself with the
// settings that it carries, and says in plain words what became of it.
type setupCommand struct {
	Language string `help:"Language of what it says: ${enum}; otherwise that of the system." enum:",${languages}" default:""`
	Elevated bool   `env:"-" hidden:"" help:"The rights were asked for already."`
}

// An audience is who gets to know what this process says.
type audience int

const (
	nobody  audience = iota // it has neither a console that stays nor a window that is seen
	reader                  // what it prints is read: by a shell's user, or by a program
	watcher                 // somebody sits before its windows
)

// A desktop is where the program was started.
type desktop interface {
	audience() audience
	languages() []string // of whoever sits there, the preferred one first
	elevated() bool      // this process has an administrator's rights

	// elevate starts this program with an administrator's rights, and with wait
	// returns its exit code. The error is errDeclined if they were not given.
	elevate(wait bool, args ...string) (code int, err error)
	show(title, text string, wrong bool) error // returns when it was read
}

// openDesktop is set by the platform's file; nil: programs are told what to do here.
var openDesktop func() desktop

var errDeclined = errors.New("an administrator's rights were not given")

// Run installs.
func (c *setupCommand) Run(ctx context.Context, a *app) error {
	if openDesktop == nil || installHere == nil {
		return cli.UsageError{Err: errors.New("this system has no windows to install from; see \"eljefe-agent install --help\"")}
	}
	d := openDesktop()
	language, err := plain.In(append([]string{c.Language}, d.languages()...)...)
	if err != nil {
		return err
	}
	quiet := *a
	quiet.out = io.Discard // it lists folders, for administrators
	s := &setup{
		desktop: d, language: language, out: a.out, asked: c.Elevated, carried: carriedServer,
		install:  func() (*installation, error) { return installHere(ctx, &quiet, &installCommand{}) },
		conclude: func(i *installation) ([]string, bool, error) { return i.conclude(ctx, language) }, leaveWord: leaveWord,
	}
	return s.run()
}

// carriedServer returns the server that this program is made for.
func carriedServer() (string, error) {
	client, err := readClient("")
	switch {
	case err != nil:
		return "", cli.UsageError{Err: err}
	case client == nil:
		return "", cli.UsageError{Err: &plain.Error{Key: plain.Unclaimed}}
	}
	return client.Server, nil
}

// setup is one run of setupCommand.
type setup struct {
	desktop  desktop
	language *plain.Language
	out      io.Writer
	asked    bool // for the rights
	carried  func() (server string, err error)
	install  func() (*installation, error)
	conclude func(*installation) (paragraphs []string, well bool, err error)

	leaveWord func(text string) // of a failure that nobody gets to know otherwise; may be nil
}

// errUnsettled says that the agent runs, and is not with its server.
var errUnsettled = errors.New("the agent has no contact with its server")

// run installs and tells the audience. The error is in words that can be shown.
func (s *setup) run() error {
	paragraphs, err := s.work()
	if err != nil && len(paragraphs) == 0 {
		paragraphs = []string{s.language.Error(err)}
	}
	text := cli.Printable(strings.Join(paragraphs, "\n\n"))
	if s.desktop.audience() == watcher && text != "" {
		if problem := s.desktop.show(s.language.Text(plain.Title), text, err != nil); problem == nil {
			text = "" // it was read
		}
	}
	if err == nil {
		if text != "" {
			fmt.Fprintln(s.out, text)
		}
		return nil
	}
	if s.desktop.audience() == nobody && s.leaveWord != nil {
		s.leaveWord(text)
	}
	// Nothing but these words is to be found in it: others would be shown instead.
	inWords := errors.New(strings.Join(paragraphs, "\n\n"))
	if _, usage := errors.AsType[cli.UsageError](err); usage {
		return cli.UsageError{Err: inWords}
	}
	return inWords
}

// work installs, and returns what there is to say of it. An error may come with
// words of its own.
func (s *setup) work() ([]string, error) {
	server, err := s.carried()
	if err != nil {
		return nil, err
	}
	if !s.desktop.elevated() {
		return s.elevate()
	}
	s.progress(plain.Installing, "server", server)
	i, err := s.install()
	var notes []string
	if i != nil {
		for _, note := range i.notes {
			notes = append(notes, s.language.Text(plain.Note, "error", note.Error()))
		}
	}
	if err != nil {
		return append([]string{s.language.Error(err)}, notes...), err
	}
	s.progress(plain.Waiting, "seconds", fmt.Sprint(int(contactLimit/time.Second)))
	paragraphs, well, err := s.conclude(i)
	if err != nil {
		return nil, err
	}
	if paragraphs = append(paragraphs, notes...); !well {
		return paragraphs, errUnsettled
	}
	return paragraphs, nil
}

// elevate has this program do the same with an administrator's rights.
func (s *setup) elevate() ([]string, error) {
	if s.asked || s.desktop.audience() == nobody {
		return nil, &plain.Error{Key: plain.Powerless}
	}
	s.progress(plain.Asking)
	// Who watches sees the other one's window; who reads waits here.
	wait := s.desktop.audience() == reader
	code, err := s.desktop.elevate(wait, "setup", "--elevated", "--language", s.language.Name())
	switch {
	case errors.Is(err, errDeclined):
		return nil, &plain.Error{Key: plain.Declined, Err: err}
	case err != nil:
		return nil, err
	case !wait:
		return nil, nil
	case code != cli.OK:
		return nil, &plain.Error{Key: plain.NotOpened}
	}
	return []string{s.language.Text(plain.Opened)}, nil
}

// progress says what is being done, to whoever sees the console meanwhile.
func (s *setup) progress(key plain.Key, values ...string) {
	fmt.Fprintln(s.out, cli.Printable(s.language.Text(key, values...)))
}
