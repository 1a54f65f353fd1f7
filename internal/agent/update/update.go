// Package update makes an agent a newer one, when its server offers that.
//
// An Engine, within the agent, takes an offer, makes sure that the authority that
// the agent pins stands behind it and that it is newer, fetches the program in
// pieces, and compares it with the offer. A Supervisor, around the agent, has the
// new program prove itself: the old one ends its own recording, runs the new one
// as its child, and waits until the server has answered its hello. Then the new
// one takes its place; otherwise it is ended and the old one goes on, in the same
// process. Until the proof nothing of what is installed is changed, so that
// whatever happens, a crash, a power cut, a program that hangs or ends at once,
// whoever starts the agent next starts one that works. docs/decisions/0006 says
// why it is so.
//
// What is on disk, in a folder within the agent's state, in the order in which it
// comes there:
//
//	update.json    offers, how far they are, and what the server is told of it; replaced as a whole
//	HEX.part       a program that is being fetched; it goes on where it ends
//	agent-HEX      a whole program, on trial or in use (with .exe on Windows)
//
// The installed program stays where it is, and is what is started. It, and each
// program after it, looks into update.json first and goes over to the program
// that has been accepted, after it has checked signature and digest once more.
// An accepted program counts as long as the installed one is the one that it was
// accepted over: when a person installs another, that is what runs.
//
// That nothing runs that the authority has not signed, and nothing older than
// what runs, is this package's promise. Which station is offered what is the
// server's; how a program takes the place of another one is the platform's.
package update

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// ErrReady is the end of an agent that has fetched a newer one.
var ErrReady = errors.New("a newer agent is ready to be tried")

// Folder is the folder of updates within that of the agent's state.
func Folder(state string) string { return filepath.Join(state, "update") }

// recordFile is the record's name.
const recordFile = "update.json"

// record is what is known of updates. Agents of other versions read it too:
// members are never renamed or given another meaning.
type record struct {
	Base      string       `json:"base,omitempty"`      // SHA-256 of the installed program over which Current was accepted
	Current   *wire.Update `json:"current,omitempty"`   // of the program that runs in its place; nil: none
	Candidate *wire.Update `json:"candidate,omitempty"` // that is fetched or tried; nil: none
	Verified  bool         `json:"verified,omitempty"`  // the candidate's program is whole
	Trials    int          `json:"trials,omitempty"`    // of the candidate, that were begun
	OnTrial   bool         `json:"on_trial,omitempty"`  // the candidate runs, or did when something ended everything
	Last      time.Time    `json:"last,omitzero"`       // Time of the newest offer that was taken up

	Report wire.UpdateReport `json:"report"` // what the server is told
}

// folder is where updates are kept.
type folder struct {
	dir string
	pin string

	did func(step string) // if not nil, called after each step that is on disk; tests end everything there
}

func (f folder) note(step string) {
	if f.did != nil {
		f.did(step)
	}
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

// read returns the record; an empty one where there is none.
func (f folder) read() (*record, error) {
	r := &record{}
	raw, err := identity.ReadPrivate(f.path(recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, r)
	}
	if err != nil {
		return &record{}, fmt.Errorf("read what is known of updates: %w", err)
	}
	return r, nil
}

// write replaces the record; it is on disk then.
func (f folder) write(r *record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := identity.MakeFolder(f.dir); err != nil {
		return fmt.Errorf("make the folder for updates: %w", err)
	}
	if err := identity.WritePrivate(f.path(recordFile), raw); err != nil {
		return err
	}
	f.note("record " + string(r.Report.State))
	return nil
}

// Set by the platform's file.
var (
	exe  = ""                 // how names of programs end
	hide = func(*exec.Cmd) {} // keeps a program from having a window
)

// program returns where the program of an offer lies, and part where it is
// fetched to.
func (f folder) program(o *update.Offer) string { return f.path("agent-" + o.SHA256[:16] + exe) }
func (f folder) part(o *update.Offer) string    { return f.path(o.SHA256[:16] + ".part") }

// verified returns the program of an offer, after making sure that it is the one
// that the authority stands behind, and the offer.
func (f folder) verified(u *wire.Update) (path string, o *update.Offer, err error) {
	if o, err = update.Open(u, f.pin); err != nil {
		return "", nil, err
	}
	for _, private := range []string{f.dir, f.program(o)} {
		if err := identity.CheckPrivate(private); err != nil {
			return "", o, err
		}
	}
	sum, err := digest(f.program(o))
	switch {
	case err != nil:
		return "", o, fmt.Errorf("read the program of the update: %w", err)
	case sum != strings.ToLower(o.SHA256):
		return "", o, errors.New("the program of the update is not the one that was offered: it was changed")
	}
	return f.program(o), o, nil
}

// keepOnly removes all but the record, the programs and parts of the offers, and
// the file at self.
func (f folder) keepOnly(self string, offers ...*wire.Update) error {
	keep := map[string]bool{f.path(recordFile): true, self: true}
	for _, u := range offers {
		if u == nil {
			continue
		}
		o, err := update.Open(u, f.pin)
		if err != nil {
			continue // it is of no use
		}
		keep[f.program(o)], keep[f.part(o)] = true, true
	}
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range entries {
		if path := f.path(e.Name()); !keep[path] {
			problems = append(problems, os.Remove(path))
		}
	}
	return errors.Join(problems...)
}

// within tells whether a program lies in the folder: it came by an update.
func (f folder) within(program string) bool { return filepath.Dir(program) == f.dir }

// digest returns the SHA-256 of a file, in hexadecimal.
func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Forget has the installed program run again, whatever was accepted or is on its
// way: a person installs it. Nothing else may run on the state meanwhile.
func Forget(state string) error {
	err := os.Remove(filepath.Join(Folder(state), recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
