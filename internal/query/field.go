package query

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Row is what a query is asked about: an event, and what the server knows of
// its process. A zero field means that it is not known.
type Row struct {
	event.Process

	Stopped                             time.Time // zero: no stop is known
	StationID, BinaryID, ParentBinaryID int64
	Prevalence, Runs                    int64 // stations that ran the binary, and how often they did
}

// Type is the type of a field's values.
type Type string

// The types.
const (
	Text      Type = "text"
	Number    Type = "number"   // 0 to 2^64-1
	Decimal   Type = "decimal"  // hundredths
	Size      Type = "size"     // bytes
	Duration  Type = "duration" // microseconds
	Time      Type = "time"
	Boolean   Type = "boolean"
	Enum      Type = "enum"
	Hash      Type = "hash"
	GUID      Type = "guid"
	Privilege Type = "privilege" // a set of privileges

	Capability Type = "capability" // a set of capabilities
)

// Match says what of a text is compared; see the package comment.
type Match string

// The ways to match. Only text fields have one.
const (
	Equal     Match = "equal"
	Contains  Match = "contains"
	Path      Match = "path"
	Directory Match = "directory"
	Account   Match = "account"
)

// Field describes a field. Fields are shared and must not be changed.
type Field struct {
	Name        string
	Sigma       string // the field's name in Sigma rules, accepted too; may be empty
	Alias       string // another accepted name; may be empty
	Type        Type
	Match       Match
	Description string   // an English sentence
	Values      []string // of an Enum
	Ordered     bool     // an Enum whose values rise, and take comparisons
	Examples    []string // whole terms

	bare bool   // a Duration that may be a bare number of microseconds
	also string // words that people may type instead, for suggestions

	// One of these gives the value of a row.
	text     func(*Row) string // "": not known
	number   func(*Row) (uint64, bool)
	time     func(*Row) time.Time
	flag     func(*Row) (value, known bool)
	set      func(*Row) (set uint64, known bool)
	hashes   func(*Row) []string
	hexWhole int // digits of the longest hash
}

// compares tells whether the field's values take <, > and ranges.
func (f *Field) compares() bool {
	switch f.Type {
	case Number, Decimal, Size, Duration, Time:
		return true
	}
	return f.Ordered
}

// Choices returns all that a value of the field can be, where that can be listed:
// of an Enum, a Boolean and of sets. Nil: it cannot.
func (f *Field) Choices() []string {
	if kind := f.setKind(); kind != nil {
		return kind.names
	}
	if f.Type == Boolean {
		return []string{"true", "false"}
	}
	return slices.Clone(f.Values)
}

// Fields returns all fields of events in the order in which to show them.
func Fields() []*Field { return slices.Clone(eventFields().list) }

// FieldByName returns the field of events of that name, Sigma's name or alias,
// in any case.
func FieldByName(name string) (*Field, bool) { return eventFields().find(name) }

// fieldTable is the fields of what a filter chooses among.
type fieldTable struct {
	of     string // what that is, in the plural
	bare   string // where its bare words are looked for
	list   []*Field
	byName map[string]*Field // by each accepted name, in lower case
	also   map[string]*Field
}

func newFieldTable(of, bare string, list []*Field) *fieldTable {
	t := &fieldTable{of: of, bare: bare, list: list, byName: map[string]*Field{}, also: map[string]*Field{}}
	for _, f := range t.list {
		for _, name := range [...]string{f.Alias, f.Sigma, f.Name} {
			if name != "" {
				t.byName[strings.ToLower(name)] = f
			}
		}
		for _, word := range strings.Fields(f.also) {
			t.also[word] = f
		}
	}
	return t
}

var eventFields = sync.OnceValue(func() *fieldTable {
	return newFieldTable("events", "image and command line", fieldList())
})

func (t *fieldTable) find(name string) (*Field, bool) {
	f, ok := t.byName[strings.ToLower(name)]
	return f, ok
}

// missing is the error that a name at a place is none of the fields.
func (t *fieldTable) missing(name string, at Span) *Error {
	for _, other := range [...]*fieldTable{eventFields(), binaryFields(), deviceFields()} {
		if f, ok := other.find(name); ok {
			return errorf(at, "%[1]s is not a field of %[2]s but of %[3]s; remove it, or look among the %[3]s", f.Name, t.of, other.of).
				coded("filter_field_elsewhere", "field", "of", "others")
		}
	}
	e := errorf(at, "there is no field %q; choose another, or quote the text to look for it in %s", clip(name), t.bare).coded("filter_no_field", "field", "")
	e.Params["of"] = t.of
	return e.suggest(t.nearest(name))
}

// nearest returns the name of the field that name most likely stands for.
func (t *fieldTable) nearest(name string) string {
	name = strings.ToLower(name)
	if f, ok := t.also[name]; ok {
		return f.Name
	}
	var names []string
	for _, f := range t.list {
		for _, n := range [...]string{f.Name, f.Sigma, f.Alias} {
			if n != "" {
				names = append(names, n)
			}
		}
	}
	if n := nearest(name, names); n != "" {
		return t.byName[strings.ToLower(n)].Name
	}
	return ""
}

// nearest returns the word that is the fewest edits away from s without regard
// to case, or "" if none is near. Words that contain s come after.
func nearest(s string, words []string) string {
	s = strings.ToLower(s)
	if len(s) > 64 {
		return ""
	}
	best, most := "", max(1, len(s)/3)+1
	for _, w := range words {
		if d := distance(s, strings.ToLower(w)); d < most {
			best, most = w, d
		}
	}
	if best == "" && len(s) >= 3 {
		for _, w := range words {
			if strings.Contains(strings.ToLower(w), s) {
				return w
			}
		}
	}
	return best
}

// distance counts insertions, deletions, substitutions and swaps of neighbours
// between a and b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	last, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(y)+1)
	}
	return last[len(y)]
}
