package scenario

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Source is a file of a scenario.
type Source struct {
	Name string // as errors call it
	Data []byte
}

// maxFile is how large a file of a scenario may be.
const maxFile = 4 << 20

// file is the form of one file.
type file struct {
	Office   *Office             `yaml:"office"`
	Makers   map[string]*Maker   `yaml:"makers"`
	Classes  map[string]*Class   `yaml:"classes"`
	Programs map[string]*Program `yaml:"programs"`
	Devices  map[string]*Device  `yaml:"devices"`
	Lists    map[string][]string `yaml:"lists"`
	Kinds    map[string]*Kind    `yaml:"kinds"`
	Stations []*Station          `yaml:"stations"`
	Acts     map[string][]*Step  `yaml:"acts"`
	Days     []*Rule             `yaml:"days"`
	Story    []*Episode          `yaml:"story"`
	Troubles []*Trouble          `yaml:"troubles"`
}

// Load reads a scenario.
func Load(sources ...Source) (*Scenario, error) {
	s := &Scenario{
		Makers: map[string]*Maker{}, Classes: map[string]*Class{}, Programs: map[string]*Program{}, Devices: map[string]*Device{}, Lists: map[string][]string{},
		Kinds: map[string]*Kind{}, Acts: map[string][]*Step{},
	}
	digest := sha256.New()
	for _, source := range sources {
		f, err := parse(source)
		if err != nil {
			return nil, err
		}
		if err := s.add(f, source.Name); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(source.Data)
		digest.Write(sum[:])
	}
	s.Digest = [32]byte(digest.Sum(nil))
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// parse reads one file. It notes where each thing stands.
func parse(source Source) (*file, error) {
	if len(source.Data) > maxFile {
		return nil, fmt.Errorf("%s: the file has %d bytes; at most %d are read", source.Name, len(source.Data), maxFile)
	}
	f := new(file)
	decoder := yaml.NewDecoder(bytes.NewReader(source.Data))
	var root yaml.Node
	if err := decoder.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", source.Name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 {
		return f, nil
	}
	if err := strict(root.Content[0], f); err != nil {
		return nil, inFile(source.Name, err)
	}
	return f, nil
}

// inFile says in which file a mistake is.
func inFile(name string, err error) error {
	if m, ok := errors.AsType[*mistakeError](err); ok {
		return fmt.Errorf("%s:%d: %s", name, m.line, m.text)
	}
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		line, text, _ := strings.Cut(strings.TrimPrefix(e.Errors[0], "line "), ": ")
		return fmt.Errorf("%s:%s: %s", name, line, text)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// mistakeError is something wrong at a line of a file.
type mistakeError struct {
	line int
	text string
}

func (m *mistakeError) Error() string { return fmt.Sprintf("line %d: %s", m.line, m.text) }

func mistake(n *yaml.Node, format string, args ...any) error {
	return &mistakeError{n.Line, fmt.Sprintf(format, args...)}
}

// strict decodes a mapping into the struct that out points to, and refuses
// members that it does not have. out's type must have no UnmarshalYAML.
func strict(n *yaml.Node, out any) error {
	if n.Kind != yaml.MappingNode {
		return mistake(n, "this must be a mapping, name: value")
	}
	var known []string
	for f := range reflect.TypeOf(out).Elem().Fields() {
		if tag := f.Tag.Get("yaml"); tag != "-" && tag != "" {
			known = append(known, tag)
		}
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(known, key.Value) {
			return mistake(key, "there is no member %.60q here; there are %s", key.Value, strings.Join(known, ", "))
		}
	}
	return n.Decode(out)
}

// UnmarshalYAML implements yaml.Unmarshaler, as do the following.
func (o *Office) UnmarshalYAML(n *yaml.Node) error {
	type plain Office
	return strict(n, (*plain)(o))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (m *Maker) UnmarshalYAML(n *yaml.Node) error {
	type plain Maker
	m.Line = n.Line
	return strict(n, (*plain)(m))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Class) UnmarshalYAML(n *yaml.Node) error {
	type plain Class
	c.Line = n.Line
	return strict(n, (*plain)(c))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (p *Program) UnmarshalYAML(n *yaml.Node) error {
	type plain Program
	p.Line = n.Line
	return strict(n, (*plain)(p))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (u *Update) UnmarshalYAML(n *yaml.Node) error {
	type plain Update
	return strict(n, (*plain)(u))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (k *Kind) UnmarshalYAML(n *yaml.Node) error {
	type plain Kind
	k.Line = n.Line
	return strict(n, (*plain)(k))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Station) UnmarshalYAML(n *yaml.Node) error {
	type plain Station
	s.Line = n.Line
	return strict(n, (*plain)(s))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Step) UnmarshalYAML(n *yaml.Node) error {
	type plain Step
	s.Line = n.Line
	return strict(n, (*plain)(s))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (r *Rule) UnmarshalYAML(n *yaml.Node) error {
	type plain Rule
	r.Line = n.Line
	return strict(n, (*plain)(r))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (e *Episode) UnmarshalYAML(n *yaml.Node) error {
	type plain Episode
	e.Line = n.Line
	return strict(n, (*plain)(e))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *Trouble) UnmarshalYAML(n *yaml.Node) error {
	type plain Trouble
	t.Line = n.Line
	return strict(n, (*plain)(t))
}

// add adds what a file defines. What is defined already is a mistake.
func (s *Scenario) add(f *file, name string) error {
	if f.Office != nil {
		s.Office = *f.Office
	}
	for _, err := range []error{
		merge(s.Makers, f.Makers, name, func(m *Maker) *Place { return &m.Place }),
		merge(s.Classes, f.Classes, name, func(c *Class) *Place { return &c.Place }),
		merge(s.Programs, f.Programs, name, func(p *Program) *Place { return &p.Place }),
		merge(s.Devices, f.Devices, name, func(d *Device) *Place { return &d.Place }),
		merge(s.Kinds, f.Kinds, name, func(k *Kind) *Place { return &k.Place }),
	} {
		if err != nil {
			return err
		}
	}
	for key, list := range f.Lists {
		if s.Lists[key] != nil || len(list) == 0 {
			return fmt.Errorf("%s: the list %q is empty, or defined already", name, key)
		}
		s.Lists[key] = list
	}
	for key, steps := range f.Acts {
		for _, step := range steps {
			if step != nil {
				step.place(name)
			}
		}
		if s.Acts[key] != nil || len(steps) == 0 || slices.Contains(steps, nil) {
			return fmt.Errorf("%s: the act %q has no steps, or is defined already", name, key)
		}
		s.Acts[key] = steps
	}
	s.Stations = append(s.Stations, placed(f.Stations, name, func(x *Station) *Place { return &x.Place })...)
	s.Days = append(s.Days, placed(f.Days, name, func(x *Rule) *Place { return &x.Place })...)
	s.Story = append(s.Story, placed(f.Story, name, func(x *Episode) *Place { return &x.Place })...)
	s.Troubles = append(s.Troubles, placed(f.Troubles, name, func(x *Trouble) *Place { return &x.Place })...)
	return nil
}

// place notes the file of a step and of those that it starts.
func (s *Step) place(name string) {
	s.File = name
	for _, step := range s.Starts {
		if step != nil {
			step.place(name)
		}
	}
}

// placed notes the file of all in the list, without those that are empty.
func placed[T any](list []*T, name string, place func(*T) *Place) (there []*T) {
	for _, x := range list {
		if x != nil {
			place(x).File = name
			there = append(there, x)
		}
	}
	return there
}

// merge adds what a file defines by name.
func merge[T any](into, from map[string]*T, name string, place func(*T) *Place) error {
	for key, x := range from {
		if x == nil {
			return fmt.Errorf("%s: nothing is said about %q", name, key)
		}
		if before := into[key]; before != nil {
			return fmt.Errorf("%s:%d: %q is defined already at %s", name, place(x).Line, key, place(before))
		}
		place(x).File = name
		into[key] = x
	}
	return nil
}
