package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// room is a desktop whose windows are looked at by a test.
type room struct {
	who    audience
	admin  bool
	broken bool // it has no place for windows

	code     int // of the program that is started with more rights
	problem  error
	started  []string
	waited   bool
	windows  []string
	warnings int
}

func (r *room) audience() audience  { return r.who }
func (r *room) languages() []string { return []string{"es-AR"} }
func (r *room) elevated() bool      { return r.admin }

func (r *room) elevate(wait bool, args ...string) (int, error) {
	r.started, r.waited = args, wait
	return r.code, r.problem
}

func (r *room) show(title, text string, wrong bool) error {
	if r.broken {
		return errors.New("no display")
	}
	r.windows = append(r.windows, title+": "+text)
	if wrong {
		r.warnings++
	}
	return nil
}

// A program that was started without a word gets its rights, installs, and tells
// whoever is there: once, in their language, and by the exit code.
func TestSetup(t *testing.T) {
	unclaimed := cli.UsageError{Err: &plain.Error{Key: plain.Unclaimed, Err: tag.ErrNone}}
	in := func(name string) *plain.Language {
		l, err := plain.In(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, test := range []struct {
		name     string
		room     room
		language string // "": that of the desktop
		asked    bool
		carried  error // instead of settings
		install  error
		notes    []error
		lost     bool // there is no contact in the end

		window, prints []string // what must be in them; nil: there is none
		error          []string // nil: there is none
		usage          bool
		started        string
	}{
		{name: "in a shell", room: room{who: reader, admin: true}, prints: []string{"Se está instalando", "https://x:1", "30 segundos", "está instalado", "estación 7"}},
		{name: "in a shell, in English", room: room{who: reader, admin: true}, language: "en", prints: []string{"is being installed", "is installed and runs"}},
		{name: "double click", room: room{who: watcher, admin: true}, prints: []string{"Se está instalando"}, window: []string{"Agente de El Jefe: ", "está instalado", "estación 7"}},
		{name: "double click, and no window can be had", room: room{who: watcher, admin: true, broken: true}, prints: []string{"está instalado"}},
		{name: "by a service", room: room{who: nobody, admin: true}, prints: []string{"está instalado"}},
		{name: "something is not as it should be", room: room{who: watcher, admin: true}, notes: []error{errors.New("a note")}, prints: []string{"Se está"}, window: []string{"estación 7", "ningún daño: a note"}},

		{name: "no contact", room: room{who: watcher, admin: true}, lost: true, prints: []string{"Se está"}, window: []string{"not there"}, error: []string{"not there"}},
		{name: "no contact, in a shell", room: room{who: reader, admin: true}, lost: true, prints: []string{"Se está"}, error: []string{"not there"}},
		{name: "cannot be installed", room: room{who: watcher, admin: true}, install: errors.New("the disk is full"), prints: []string{"Se está"}, window: []string{"No se pudo instalar", "the disk is full"}, error: []string{"the disk is full"}},
		{
			name: "cannot be installed, and more", room: room{who: reader, admin: true}, install: errors.New("the disk is full"), notes: []error{errors.New("a note")},
			prints: []string{"Se está"}, error: []string{"the disk is full", "a note"},
		},

		{name: "belongs to nobody", room: room{who: watcher}, carried: unclaimed, window: []string{"a qué servidor"}, error: []string{"a qué servidor"}, usage: true},
		{name: "belongs to nobody, in a shell", room: room{who: reader, admin: true}, carried: unclaimed, error: []string{"a qué servidor", "install --help"}, usage: true},
		{name: "the words of a fault are not shown instead", room: room{who: reader, admin: true}, install: fmt.Errorf("x: %w", fault.Invalidf("a fault")), prints: []string{"Se está"}, error: []string{"No se pudo instalar", "a fault"}},
		{name: "changed", room: room{who: watcher}, carried: &plain.Error{Key: plain.Damaged}, window: []string{"se alteró"}, error: []string{"se alteró"}},

		{name: "double click, without rights", room: room{who: watcher}, prints: []string{"permiso de un administrador"}, started: "setup --elevated --language es"},
		{name: "in a shell, without rights", room: room{who: reader}, prints: []string{"permiso", "El agente se instaló"}, started: "setup --elevated --language es"},
		{name: "in a shell, without rights, in vain", room: room{who: reader, code: 1}, prints: []string{"permiso"}, error: []string{"El agente no se instaló"}, started: "setup --elevated --language es"},
		{name: "declined", room: room{who: watcher, problem: errDeclined}, prints: []string{"permiso"}, window: []string{"responda Sí"}, error: []string{"responda Sí"}, started: "setup --elevated --language es"},
		{name: "nobody can be asked", room: room{who: nobody}, error: []string{"no tiene los derechos"}},
		{name: "asked, and still without rights", room: room{who: watcher}, asked: true, window: []string{"no tiene los derechos"}, error: []string{"no tiene los derechos"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			var word []string
			language := test.language
			if language == "" {
				language = test.room.languages()[0]
			}
			s := setup{
				desktop: &test.room, language: in(language), out: &out, asked: test.asked,
				carried:   func() (string, error) { return "https://x:1", test.carried },
				install:   func() (*installation, error) { return &installation{notes: test.notes}, test.install },
				leaveWord: func(text string) { word = append(word, text) },
				conclude: func(i *installation) ([]string, bool, error) {
					if test.lost {
						return []string{"not there"}, false, nil
					}
					l := in(language)
					return []string{i.done(l, version), l.Text(plain.Known, "server", "https://x:1", "station", "7")}, true, nil
				},
			}
			err := s.run()
			if (err != nil) != (test.error != nil) {
				t.Fatalf("error %v; want one: %t", err, test.error != nil)
			}
			if err != nil {
				wantIn(t, "the error", cli.ForPeople(err), test.error)
			}
			if _, usage := errors.AsType[cli.UsageError](err); usage != test.usage {
				t.Errorf("error %v is one of use: %t; want %t", err, usage, test.usage)
			}
			var left []string // only where nobody sees the error
			if test.room.who == nobody {
				left = test.error
			}
			wantIn(t, "the word that is left", strings.Join(word, "; "), left)
			wantIn(t, "it prints", out.String(), test.prints)
			wantIn(t, "the window", strings.Join(test.room.windows, "; "), test.window)
			if warned := test.room.warnings > 0; warned != (test.window != nil && test.error != nil) || len(test.room.windows) > 1 {
				t.Errorf("%d windows, %d of them warn", len(test.room.windows), test.room.warnings)
			}
			if got := strings.Join(test.room.started, " "); got != test.started || test.room.waited != (test.room.who == reader && test.started != "") {
				t.Errorf("%q was started and waited for: %t; want %q", got, test.room.waited, test.started)
			}
		})
	}
}

// wantIn makes sure that a text has all of the parts; without any it must be empty.
func wantIn(t *testing.T, what, text string, parts []string) {
	t.Helper()
	if len(parts) == 0 && text != "" {
		t.Errorf("%s is %q; want nothing", what, text)
	}
	if i := slices.IndexFunc(parts, func(part string) bool { return !strings.Contains(text, part) }); i >= 0 {
		t.Errorf("%s is %q; want in it %q", what, text, parts[i])
	}
}

// Where there are no windows, the program says what it can be told.
func TestNoSetupHere(t *testing.T) {
	if openDesktop != nil {
		t.Skip("here are windows")
	}
	if out, code := command(t); code != 2 || !strings.Contains(out, "--help") {
		t.Errorf("without a word: code %d, %s", code, out)
	}
	if out, code := command(t, "setup"); code != 2 || !strings.Contains(out, "install --help") {
		t.Errorf("setup: code %d, %s", code, out)
	}
	if out, code := command(t, "setup", "--language", "fr"); code != 2 || !strings.Contains(out, "es") {
		t.Errorf("a language that is not there: code %d, %s", code, out)
	}
}
