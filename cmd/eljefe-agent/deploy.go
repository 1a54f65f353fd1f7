package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// A supervisor starts and stops an installed agent: the system's service manager.
type supervisor interface {
	running() (bool, error)
	stop(ctx context.Context) error  // returns when it has ended
	start(ctx context.Context) error // returns when it works, or says why it does not
}

// A deployment replaces the files of an installed agent, and the agent that runs
// by the one that they make. Where the new one does not start, the former files
// and the former agent come back. What the station is (its key, the events that
// wait) is in other files, which neither touches.
type deployment struct {
	files      []deployed
	supervisor supervisor
	protect    func(path string) error // keeps a file for the agent and administrators; called before it has content
	configure  func() error            // makes the service what the new files need; called while it is stopped
	start      bool                    // start it in the end, whether it ran before or not
	note       func(error)             // told of what is not as it should be, and does no harm
}

// deployed is a file to be replaced.
type deployed struct {
	path    string
	content []byte
	mode    os.FileMode
	private bool // deployment.protect is for it

	had bool // there was one before
}

const (
	staged = ".new" // what a file is called until it takes its place
	former = ".old" // what the one before is called until the new agent works
)

// stopTime and startTime are what the service manager gets; longer than the agent
// takes for an end in order.
const (
	stopTime  = 30 * time.Second
	startTime = 30 * time.Second
)

// run deploys. After an error everything is as it was, or the error says what is not.
func (d *deployment) run(ctx context.Context) error {
	for i := range d.files {
		if err := d.files[i].stage(d.protect); err != nil {
			return errors.Join(err, d.tidy())
		}
	}
	ran, err := d.supervisor.running()
	if err != nil {
		return errors.Join(err, d.tidy())
	}
	if ran {
		if err := d.supervisor.stop(ctx); err != nil {
			return errors.Join(fmt.Errorf("stop the agent that runs: %w", err), d.tidy())
		}
	}
	err = d.swap(ctx)
	if err == nil {
		if err := d.tidy(); err != nil {
			d.note(err) // the next deployment removes it
		}
		return nil
	}
	// Whatever ended it, the way back must not be cut short by the same.
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime+startTime)
	defer cancel()
	if undone := d.undo(back, ran); undone != nil {
		return fmt.Errorf("%w; and the former agent could not be put back: %v: run the installation again", err, undone)
	}
	if ran {
		return fmt.Errorf("%w; the former agent is back, and runs", err)
	}
	return fmt.Errorf("%w; everything is as it was", err)
}

// swap puts the new files in their places and starts the new agent.
func (d *deployment) swap(ctx context.Context) error {
	for i := range d.files {
		if err := d.files[i].take(); err != nil {
			return err
		}
	}
	if err := d.configure(); err != nil {
		return err
	}
	if !d.start {
		return nil
	}
	if err := d.supervisor.start(ctx); err != nil {
		return fmt.Errorf("the new agent does not start: %w", err)
	}
	return nil
}

// undo puts the former files back, and starts the former agent if it ran.
func (d *deployment) undo(ctx context.Context, ran bool) error {
	var problems []error
	if runs, err := d.supervisor.running(); err != nil {
		problems = append(problems, err)
	} else if runs {
		problems = append(problems, d.supervisor.stop(ctx))
	}
	complete := true
	for i := range d.files {
		if err := d.files[i].putBack(); err != nil {
			problems, complete = append(problems, err), false
		}
	}
	if ran && complete {
		problems = append(problems, d.configure(), d.supervisor.start(ctx))
	}
	return errors.Join(problems...)
}

// tidy removes what only the deployment needed.
func (d *deployment) tidy() error {
	var problems []error
	for i := range d.files {
		for _, name := range []string{staged, former} {
			problems = append(problems, removeIfThere(d.files[i].path+name))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("clean up behind the installation: %w", err)
	}
	return nil
}

// stage writes the file beside its place.
func (f *deployed) stage(protect func(string) error) error {
	if err := removeIfThere(f.path + former); err != nil { // of a deployment that was stopped
		return err
	}
	if f.private {
		if err := writeFile(f.path+staged, nil, f.mode); err != nil {
			return err
		}
		if err := protect(f.path + staged); err != nil {
			return err
		}
	}
	return writeFile(f.path+staged, f.content, f.mode)
}

// take puts the staged file in its place. A program that still runs can be
// renamed, and not replaced.
func (f *deployed) take() error {
	switch err := os.Rename(f.path, f.path+former); {
	case err == nil:
		f.had = true
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return os.Rename(f.path+staged, f.path)
}

// putBack undoes take, however far that came.
func (f *deployed) putBack() error {
	if !f.had {
		if _, err := os.Stat(f.path + staged); err == nil {
			return removeIfThere(f.path + staged) // it was not taken
		}
		return removeIfThere(f.path)
	}
	f.had = false
	if err := errors.Join(removeIfThere(f.path), removeIfThere(f.path+staged)); err != nil {
		return err
	}
	return os.Rename(f.path+former, f.path)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
