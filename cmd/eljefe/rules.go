package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/detect"
	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/rules"
)

type rulesCommand struct {
	Check rulesCheck `cmd:"" help:"Read Sigma rules, and say what is wrong with them."`
	Test  rulesTest  `cmd:"" help:"Ask Sigma rules about recorded events; prints matches as NDJSON. Needs no server."`
}

// ruleSource says where rules are read, and what stands for their placeholders.
type ruleSource struct {
	List map[string]string `env:"-" help:"List for the placeholder %NAME%: a file with an entry on each line. May be given several times." placeholder:"NAME=FILE" mapsep:"none"`
}

// A ruleProblem is what is to be said of a rule.
type ruleProblem struct {
	Severity string `json:"severity"` // error, skipped or warning
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	RuleID   string `json:"rule_id,omitempty"`
	Title    string `json:"title,omitempty"`
	Reason   string `json:"reason"`
}

// The severities. What is skipped is in order, but about a log that is not recorded.
const (
	severityError   = "error"
	severitySkipped = "skipped"
	severityWarning = "warning"
)

// read makes a set of the rules in files and folders; without any, of those that
// come with the program.
func (s *ruleSource) read(paths []string) (*detect.Set, []ruleProblem, error) {
	reader := &sigma.Reader{Lists: map[string][]string{}}
	for name, file := range s.List {
		entries, err := readList(file)
		if err != nil {
			return nil, nil, err
		}
		reader.Lists[name] = entries
	}
	var docs []*sigma.Document
	var problems []ruleProblem
	if len(paths) == 0 {
		some, errs, err := reader.ReadTree(rules.Files())
		if err != nil {
			return nil, nil, err
		}
		docs, problems = some, appendProblems(nil, severityError, errs)
	}
	for _, path := range paths {
		some, errs, err := readRules(reader, path)
		if err != nil {
			return nil, nil, err
		}
		if len(some)+len(errs) == 0 {
			return nil, nil, fmt.Errorf("there is no .yml or .yaml file in %s", path)
		}
		docs = append(docs, some...)
		problems = appendProblems(problems, severityError, errs)
	}
	made := detect.Compile(docs)
	problems = appendProblems(problems, severityError, made.Refused)
	problems = appendProblems(problems, severitySkipped, made.Skipped)
	for _, r := range made.Set.Rules() {
		for _, w := range r.Warnings {
			problems = append(problems, ruleProblem{severityWarning, r.File, r.Line, r.ID, r.Title, w})
		}
	}
	return made.Set, problems, nil
}

// readRules reads the rules of a file, or of a folder and those in it. They are
// known by their paths from here.
func readRules(reader *sigma.Reader, path string) ([]*sigma.Document, []*sigma.Error, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		if info.Size() > sigma.MaxFile {
			return nil, []*sigma.Error{{File: path, Line: 1, Reason: fmt.Sprintf("the file has %d bytes; at most %d are taken: divide it", info.Size(), sigma.MaxFile)}}, nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		docs, errs := reader.Read(path, data)
		return docs, errs, nil
	}
	docs, errs, err := reader.ReadTree(os.DirFS(path))
	for _, d := range docs {
		d.File = filepath.Join(path, filepath.FromSlash(d.File))
	}
	for _, e := range errs {
		e.File = filepath.Join(path, filepath.FromSlash(e.File))
	}
	return docs, errs, err
}

func readList(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var entries []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" {
			entries = append(entries, line)
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("the list %s has no entry", file)
	}
	return entries, nil
}

func appendProblems(problems []ruleProblem, severity string, errs []*sigma.Error) []ruleProblem {
	for _, e := range errs {
		problems = append(problems, ruleProblem{severity, e.File, e.Line, e.ID, e.Title, e.Reason})
	}
	return problems
}

func countProblems(problems []ruleProblem, severity string) int {
	n := 0
	for i := range problems {
		if problems[i].Severity == severity {
			n++
		}
	}
	return n
}

// errRules says how many rules could not be used; nil if all could.
func errRules(problems []ruleProblem) error {
	if n := countProblems(problems, severityError); n > 0 {
		return fmt.Errorf("%d of the rules cannot be used", n)
	}
	return nil
}

func (p *ruleProblem) String() string {
	place := p.File
	if p.Line > 0 {
		place += fmt.Sprintf(":%d", p.Line)
	}
	return cli.Line(fmt.Sprintf("%s: %s: %s", place, p.Severity, p.Reason))
}

type rulesCheck struct {
	ruleSource
	listFormat
	Paths []string `arg:"" name:"dir" help:"Folders of rules, or files."`
}

// Run says what is wrong with rules. It fails if one of them cannot be used.
func (c *rulesCheck) Run(a *app) error {
	set, problems, err := c.read(c.Paths)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printList(a.out, c.listFormat, problems, nil, nil); err != nil {
			return err
		}
		return errRules(problems)
	}
	out := bufio.NewWriter(a.out)
	for i := range problems {
		fmt.Fprintln(out, &problems[i])
	}
	fmt.Fprintf(out, "%d rules can be used; %d cannot, %d are about logs that are not recorded, and there are %d warnings.\n",
		len(set.Rules()), countProblems(problems, severityError), countProblems(problems, severitySkipped), countProblems(problems, severityWarning))
	return errors.Join(out.Flush(), errRules(problems))
}

type rulesTest struct {
	ruleSource
	Rules   []string `env:"-" help:"Folder of rules, or a file. May be given several times. By default the rules that come with El Jefe." sep:"none" placeholder:"DIR"`
	Events  []string `env:"-" help:"File of events: .evtx, .etl or NDJSON; or a folder of such. More files may follow." required:"" sep:"none" placeholder:"FILE"`
	Level   string   `env:"-" help:"Least level of rules whose matches are printed: ${enum}." enum:"informational,low,medium,high,critical" default:"informational"`
	Explain bool     `env:"-" help:"Say also what each match rests on."`
	More    []string `arg:"" optional:"" name:"file" help:"Further files of events."`
}

// Run prints the matches of rules in recorded events, each as a line of JSON. It
// goes on after a rule or a file that cannot be used, and fails at the end.
func (c *rulesTest) Run(a *app) error {
	set, problems, err := c.read(c.Rules)
	if err != nil {
		return err
	}
	for i := range problems {
		if problems[i].Severity == severityError {
			fmt.Fprintln(a.err, &problems[i])
		}
	}
	if n := countProblems(problems, severitySkipped); n > 0 {
		fmt.Fprintf(a.err, "%d rules are about logs that are not recorded; \"eljefe rules check\" names them.\n", n)
	}
	files, err := findLogs(slices.Concat(c.Events, c.More))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	run := newRuleRun(c, set, out, a.err)
	failed := 0
	for _, file := range files {
		if err := run.file(file); err != nil {
			fmt.Fprintf(a.err, "%s: %s\n", cli.Line(file), cli.Line(cli.ForPeople(err)))
			failed++
		}
	}
	if err := errors.Join(run.end(), out.Flush()); err != nil {
		return err
	}
	if failed > 0 {
		return errors.Join(fmt.Errorf("%d of %d files could not be read whole", failed, len(files)), errRules(problems))
	}
	return errRules(problems)
}

// ruleMatch is a line of what rules test prints.
type ruleMatch struct {
	File   string      `json:"file,omitempty"`
	Record uint64      `json:"record,omitzero"` // EventRecordID, or the number of the line
	RuleID string      `json:"rule_id"`
	Level  sigma.Level `json:"level"`
	Title  string      `json:"title"`
	Author string      `json:"author"`

	Correlation *ruleCorrelation `json:"correlation,omitempty"`
	Reasons     []detect.Reason  `json:"reasons,omitempty"`
}

// ruleCorrelation is what a match of several events is made of.
type ruleCorrelation struct {
	Count int      `json:"count"`
	Group []string `json:"group"`
	From  string   `json:"from"`
	To    string   `json:"to"`
}
