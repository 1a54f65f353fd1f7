package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// desk is a service manager whose agent runs what the program's file says.
type desk struct {
	program   string
	runs      string // what the agent that runs was made of; "" if none does
	noStop    error
	crashes   string // a program with one of these letters does not start
	starts    []string
	configure int
}

func (d *desk) running() (bool, error) { return d.runs != "", nil }

func (d *desk) stop(ctx context.Context) error {
	if d.noStop != nil {
		return d.noStop
	}
	d.runs = ""
	return ctx.Err()
}

func (d *desk) start(context.Context) error {
	raw, err := os.ReadFile(d.program)
	if err != nil {
		return err
	}
	d.starts = append(d.starts, string(raw))
	if strings.ContainsAny(string(raw), d.crashes) {
		return errors.New("it ended with the code 1")
	}
	d.runs = string(raw)
	return nil
}

// bench makes a deployment of new files into dir.
func bench(dir string, d *desk, start bool) *deployment {
	d.program = filepath.Join(dir, "agent")
	return &deployment{
		files: []deployed{
			{path: filepath.Join(dir, "config"), content: []byte("new settings"), mode: 0o600, private: true},
			{path: d.program, content: []byte("new"), mode: 0o755},
		},
		supervisor: d, start: start, note: func(error) {},
		protect: func(path string) error {
			if raw, err := os.ReadFile(path); err != nil || len(raw) > 0 {
				return errors.New("it has content already")
			}
			return nil
		},
		configure: func() error { d.configure++; return nil },
	}
}

// state returns the files of a folder, as "name: content".
func state(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Name()+": "+string(raw))
	}
	return strings.Join(list, ", ")
}

func TestDeployment(t *testing.T) {
	const before, after = "agent: old, config: old settings", "agent: new, config: new settings"
	for _, test := range []struct {
		name    string
		there   bool // an agent is installed
		desk    desk
		noStart bool
		broken  func(d *deployment)

		want  string // the files in the end
		runs  string
		error []string
	}{
		{name: "first", want: after, runs: "new"},
		{name: "first, not started", noStart: true, want: after},
		{name: "upgrade", there: true, desk: desk{runs: "old"}, want: after, runs: "new"},
		{name: "upgrade of one that does not run", there: true, want: after, runs: "new"},
		{name: "does not stop", there: true, desk: desk{runs: "old", noStop: errors.New("busy")}, want: before, runs: "old", error: []string{"stop the agent", "busy"}},
		{name: "new one crashes", there: true, desk: desk{runs: "old", crashes: "w"}, want: before, runs: "old", error: []string{"does not start: it ended with the code 1", "the former agent is back, and runs"}},
		{name: "new one crashes, old one did not run", there: true, desk: desk{crashes: "w"}, want: before, error: []string{"does not start", "everything is as it was"}},
		{name: "first one crashes", desk: desk{crashes: "w"}, want: "", error: []string{"does not start", "everything is as it was"}},
		{name: "both crash", there: true, desk: desk{runs: "old", crashes: "wd"}, want: before, error: []string{"does not start", "could not be put back", "run the installation again"}},
		{
			name: "no service can be made", there: true, desk: desk{runs: "old"}, want: before, runs: "old", error: []string{"marked for deletion", "back, and runs"},
			broken: func(d *deployment) {
				first := true
				d.configure = func() error {
					if first {
						first = false
						return errors.New("marked for deletion")
					}
					return nil
				}
			},
		},
		{
			name: "a file cannot be written", there: true, desk: desk{runs: "old"}, want: before, runs: "old", error: []string{"no such file"},
			broken: func(d *deployment) {
				d.files = append(d.files, deployed{path: filepath.Join(filepath.Dir(d.files[0].path), "none", "file")})
			},
		},
		{
			name: "a file cannot be taken", there: true, desk: desk{runs: "old"}, want: before, runs: "old", error: []string{"former agent is back"},
			broken: func(d *deployment) {
				dir := filepath.Dir(d.files[0].path)
				d.files[1].path = filepath.Join(dir, "sub", "file") // its folder goes before it is taken
				stop := d.supervisor.(*desk)
				d.files = append(d.files, d.files[1])
				d.files[1] = deployed{path: stop.program, content: []byte("new"), mode: 0o755}
				if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
					panic(err)
				}
				d.supervisor = remover{stop, filepath.Join(dir, "sub")}
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			d := bench(dir, &test.desk, !test.noStart)
			if test.there {
				for name, content := range map[string]string{"agent": "old", "config": "old settings", "agent" + former: "of a deployment that was stopped"} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if test.broken != nil {
				test.broken(d)
			}
			err := d.run(t.Context())
			if (err == nil) != (test.error == nil) {
				t.Fatalf("error %v; want %q", err, test.error)
			}
			for _, want := range test.error {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v; want it to say %q", err, want)
				}
			}
			if got := state(t, dir); got != test.want {
				t.Errorf("the files are %q; want %q", got, test.want)
			}
			if test.desk.runs != test.runs {
				t.Errorf("%q runs; want %q", test.desk.runs, test.runs)
			}
		})
	}
}

// remover removes a folder when the agent is stopped.
type remover struct {
	*desk
	dir string
}

func (r remover) stop(ctx context.Context) error {
	return errors.Join(os.RemoveAll(r.dir), r.desk.stop(ctx))
}

// An installation that the user ends on the way is undone all the same.
func TestDeploymentIsCancelled(t *testing.T) {
	dir := t.TempDir()
	d := &desk{runs: "old", crashes: "w"}
	deployment := bench(dir, d, true)
	if err := os.WriteFile(d.program, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	deployment.configure = func() error { cancel(); return nil }
	if err := deployment.run(ctx); err == nil || d.runs != "old" {
		t.Errorf("error %v, %q runs; want the former one", err, d.runs)
	}
	if got := state(t, dir); got != "agent: old" {
		t.Errorf("the files are %q", got)
	}
}
