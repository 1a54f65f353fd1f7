package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A Reader reads files. The zero value knows no lists.
type Reader struct {
	// Lists are what stands for placeholders: of %Servers% the list "Servers".
	// Their values may have wildcards.
	Lists map[string][]string
}

// Read returns the documents of a file, and the errors of those that cannot be
// used; the others are good. file is its name, for errors.
func (r *Reader) Read(file string, data []byte) ([]*Document, []*Error) {
	if len(data) > MaxFile {
		return nil, []*Error{{File: file, Line: 1 + bytes.Count(data[:MaxFile], []byte("\n")), Reason: fmt.Sprintf("the file is longer than %d bytes, and its rules are not read; divide it", MaxFile)}}
	}
	if !utf8.Valid(data) {
		at := invalidAt(data)
		return nil, []*Error{{File: file, Line: 1 + bytes.Count(data[:at], []byte("\n")), Reason: "the file is not UTF-8; save it so"}}
	}
	var docs []*Document
	var errs []*Error
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var root yaml.Node
		err := decodeNext(decoder, &root)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return docs, append(errs, yamlError(file, err))
		}
		if len(root.Content) == 0 || root.Content[0].Kind == yaml.ScalarNode && root.Content[0].Tag == "!!null" {
			continue // nothing between two lines of ---
		}
		doc := &document{reader: r, Document: Document{File: file, Line: root.Content[0].Line}}
		if m := doc.read(root.Content[0]); m != nil {
			errs = append(errs, &Error{File: file, Line: m.line, ID: doc.ID, Title: doc.Title, Reason: m.reason})
			continue
		}
		docs = append(docs, &doc.Document)
	}
	if len(docs)+len(errs) == 0 {
		errs = append(errs, &Error{File: file, Reason: "the file holds no rule"})
	}
	return docs, errs
}

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

// decodeNext reads the next document. The library panics at some mistakes that
// it does not expect.
func decodeNext(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("yaml: %v", v)
		}
	}()
	return d.Decode(n)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)`)

// yamlError puts the library's words into an Error.
func yamlError(file string, err error) *Error {
	parts := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	line, _ := strconv.Atoi(parts[1])
	return &Error{File: file, Line: max(line, 1), Reason: "the file is not YAML: " + parts[2]}
}

// document is a Document while it is read.
type document struct {
	Document
	reader *Reader
	tests  int // that its items have come to
	depth  int
}

// parts are the members of a document that tell what it is.
type parts struct {
	logsource, detection, correlation, filter *member
}

// read reads a document; it returns what is wrong with it.
func (d *document) read(n *yaml.Node) (wrong *mistake) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *mistake:
			wrong = v
		default:
			panic(v)
		}
	}()
	var p parts
	all := members(n, "a rule")
	for _, m := range all {
		d.header(m, &p)
	}
	if d.Title == "" {
		fail(n.Line, "the rule has no title")
	}
	what := 0
	for _, m := range []*member{p.detection, p.correlation, p.filter} {
		if m != nil {
			what++
		}
	}
	switch {
	case what == 0:
		fail(n.Line, "there is no detection, no correlation and no filter: the document says nothing to look for")
	case what > 1:
		fail(n.Line, "one document is a rule (detection), a correlation or a filter; divide it with a line of ---")
	case p.detection != nil:
		d.Rule = d.rule(p)
	case p.correlation != nil:
		d.Correlation = d.correlation(*p.correlation)
	default:
		d.Filter = d.filter(p)
	}
	if d.Level == "" && d.Filter == nil {
		d.Level = Medium
	}
	return nil
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// header reads a member of a document. Members that the specification does not
// know are the author's own, and allowed.
func (d *document) header(m member, p *parts) {
	switch m.name {
	case "id":
		if d.ID = strings.ToLower(m.text(maxWord)); !uuid.MatchString(d.ID) {
			d.ID = ""
			fail(m.line, "the id %q is not a UUID, as 0e95725d-7320-415d-80f7-004da920fc11 is", m.value.Value)
		}
	case "title":
		d.Title = m.text(maxWord)
	case "name":
		d.Name = m.text(maxWord)
	case "status":
		d.Status = m.text(maxWord)
	case "description":
		d.Description = m.text(maxText)
	case "author":
		d.Author = strings.Join(m.texts(), ", ")
	case "license":
		d.License = m.text(maxWord)
	case "date":
		d.Date = m.text(maxWord)
	case "modified":
		d.Modified = m.text(maxWord)
	case "level":
		if d.Level = Level(strings.ToLower(m.text(maxWord))); !slices.Contains(Levels(), d.Level) {
			fail(m.value.Line, "the level %q is unknown; it is one of informational, low, medium, high, critical", m.value.Value)
		}
	case "references", "reference":
		d.References = m.texts()
	case "tags":
		d.Tags = m.texts()
	case "falsepositives":
		d.FalsePositives = m.texts()
	case "fields":
		d.Fields = m.texts()
	case "taxonomy":
		if t := m.text(maxWord); t != "" && t != "sigma" {
			fail(m.value.Line, "the taxonomy %q is unknown; only Sigma's own names of fields are", t)
		}
	case "logsource":
		p.logsource = &m
	case "detection":
		p.detection = &m
	case "correlation":
		p.correlation = &m
	case "filter":
		p.filter = &m
	case "action":
		fail(m.line, "action is of Sigma before version 2; write each rule out, or as documents between lines of ---")
	}
}

// logsource reads which events a document is about.
func logsource(n *member) Logsource {
	var l Logsource
	for _, m := range members(n.value, "logsource") {
		switch m.name {
		case "category":
			l.Category = strings.ToLower(m.text(maxWord))
		case "product":
			l.Product = strings.ToLower(m.text(maxWord))
		case "service":
			l.Service = strings.ToLower(m.text(maxWord))
		}
	}
	if l == (Logsource{}) {
		fail(n.line, "logsource names neither category nor product nor service")
	}
	return l
}

func (d *document) rule(p parts) *Rule {
	if p.logsource == nil {
		fail(d.Line, "the rule has no logsource: it does not say which events it is about")
	}
	r := &Rule{Logsource: logsource(p.logsource)}
	r.Condition, r.Items, _ = d.detection(*p.detection, nil)
	return r
}

func (d *document) filter(p parts) *Filter {
	f := &Filter{}
	if p.logsource != nil {
		f.Logsource = logsource(p.logsource)
	}
	var named bool
	f.Condition, f.Items, named = d.detection(*p.filter, func(m member) bool {
		if m.name != "rules" {
			return false
		}
		f.Rules = references(m)
		return true
	})
	if !named {
		fail(p.filter.line, "the filter has no rules: it does not say which rules it is for; any is for all of its log source")
	}
	return f
}

// references reads the names of rules. The word any stands for all, and gives none.
func references(m member) []Reference {
	nodes := []*yaml.Node{m.value}
	if m.value.Kind == yaml.SequenceNode {
		nodes = sequence(m.value, m.name)
	}
	var all []Reference
	for _, n := range nodes {
		text := member{m.name, n.Line, n}.text(maxWord)
		if text == "" {
			fail(n.Line, "rules has an empty entry")
		}
		if strings.EqualFold(text, "any") && len(nodes) == 1 {
			return nil
		}
		all = append(all, Reference{text, n.Line})
	}
	if len(all) == 0 {
		fail(m.line, "rules names no rule")
	}
	return all
}
