// Package plain says in plain words what became of an installation: what was
// done, how the agent stands with its server, and what there is to do about it.
//
// It speaks the languages of the page, each from a data file, to somebody who
// sits before the station and may know nothing of the product. What is true it
// is told by its callers; when and where the words are shown is theirs too, as is
// making harmless what strangers wrote and is among the values.
package plain

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Key names a text.
type Key string

// The texts.
const (
	Title     Key = "title"     // of the window
	Unclaimed Key = "unclaimed" // the program carries no settings
	Damaged   Key = "damaged"   // those that it carries are not what a server signed
	Expired   Key = "expired"   // {date}
	Elsewhere Key = "elsewhere" // {installed}, {server}, {authority}, {program}

	Asking     Key = "asking"
	Declined   Key = "declined"
	Powerless  Key = "powerless"
	Opened     Key = "opened"
	NotOpened  Key = "not_opened"
	Installing Key = "installing" // {server}
	Waiting    Key = "waiting"    // {seconds}
	Failed     Key = "failed"     // {error}
	Note       Key = "note"       // {error}

	Installed    Key = "installed"
	Upgraded     Key = "upgraded"
	UpgradedFrom Key = "upgraded_from" // {from}, {to}
	Repaired     Key = "repaired"
	Known        Key = "known" // {server}, {station}

	Silent    Key = "silent"     // {error}, {log}
	NoContact Key = "no_contact" // {why}
	Tries     Key = "tries"      // {log}
	Stays     Key = "stays"      // {log}
)

// Why returns the key of what there is to say of a reason why there is no
// contact, as package uplink has them. All of these texts have the same values:
// {server}, {host}, {port}, {authority}, {now}, {said}, {error}, {program}.
func Why(reason string) Key { return Key("why_" + reason) }

//go:embed texts/*.json
var files embed.FS

// Language is one that there are texts in.
type Language struct {
	name  string // as in es
	texts map[Key]string
}

// Names returns the languages that there are, the default first.
func Names() []string { return []string{"en", "es"} }

// In returns the first language of the names that there are texts in; es-MX is
// as good as es. There is always one.
func In(names ...string) (*Language, error) {
	name := choose(names)
	raw, err := files.ReadFile("texts/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("read the texts: %w", err)
	}
	l := &Language{name: name}
	if err := json.Unmarshal(raw, &l.texts); err != nil {
		return nil, fmt.Errorf("read the texts of %s: %w", name, err)
	}
	return l, nil
}

func choose(names []string) string {
	for _, wanted := range names {
		wanted, _, _ = strings.Cut(strings.ToLower(wanted), "-")
		for _, name := range Names() {
			if wanted == name {
				return name
			}
		}
	}
	return Names()[0]
}

// Name returns the language's name: "es".
func (l *Language) Name() string { return l.name }

// Text returns a text. values are names and values in turn; {name} becomes its
// value.
func (l *Language) Text(key Key, values ...string) string {
	text, ok := l.texts[key]
	if !ok {
		return strings.Join(append([]string{string(key)}, values...), " ") // what is known is not held back
	}
	pairs := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, "{"+values[i]+"}", values[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Error is a failure that can be said in each language.
type Error struct {
	Key    Key
	Values []string // as Text takes them
	Err    error    // the cause; may be nil
}

// Error says it in English, for logs and the command line.
func (e *Error) Error() string {
	english, err := In()
	if err != nil {
		return string(e.Key)
	}
	return english.Text(e.Key, e.Values...)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what an error says: in this language if it can be said so, and in
// its own words otherwise.
func (l *Language) Error(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return l.Text(e.Key, e.Values...)
	}
	return l.Text(Failed, "error", err.Error())
}
