package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/detect"
	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/recording"
)

// ruleRun asks a set of rules about one file after the other.
type ruleRun struct {
	set        *detect.Set
	matcher    *detect.Matcher
	correlator *detect.Correlator
	lineage    detect.Lineage
	levels     []sigma.Level // that are printed
	explain    bool
	lines      *json.Encoder
	err        io.Writer
}

func newRuleRun(c *rulesTest, set *detect.Set, out *bufio.Writer, errOut io.Writer) *ruleRun {
	levels := sigma.Levels()
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return &ruleRun{
		set: set, matcher: set.Matcher(), correlator: set.Correlator(nil), explain: c.Explain, lines: lines, err: errOut,
		levels: levels[slices.Index(levels, sigma.Level(c.Level)):],
	}
}

// file prints the matches in a file. An error says that it, or a record in it, is
// damaged; what could be read was asked about.
func (r *ruleRun) file(name string) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer closeAfter(file.Close, &err)
	info, err := file.Stat()
	if err != nil {
		return err
	}
	items, err := recording.Read(file, info.Size(), recording.Config{Name: filepath.Base(name)})
	if err != nil {
		return err
	}
	var damaged int
	var first error
	for it := range items {
		why := it.Damage
		if it.Event != nil {
			if why = it.Event.Check(); why == nil {
				if err := r.event(name, it.Event); err != nil {
					return err
				}
			}
		}
		if why != nil {
			if damaged++; first == nil {
				first = why
			}
		}
	}
	if damaged > 0 {
		return fmt.Errorf("%d records could not be read; the first: %s", damaged, cli.ForPeople(first))
	}
	return nil
}

func (r *ruleRun) event(file string, p *event.Process) error {
	r.lineage.Fill(p)
	found := r.matcher.Match(p)
	for _, rule := range found {
		if r.set.Rules()[rule].Part {
			continue
		}
		m := r.match(rule)
		m.File, m.Record = file, p.SourceRecord
		if r.explain {
			m.Reasons = r.set.Explain(rule, p)
		}
		if err := r.print(m); err != nil {
			return err
		}
	}
	for _, c := range r.correlator.Add(p, found) {
		m := r.correlated(&c)
		m.File, m.Record = file, p.SourceRecord
		if err := r.print(m); err != nil {
			return err
		}
	}
	return nil
}

// end prints the correlations that are decided only when no more events come.
func (r *ruleRun) end() error {
	var errs []error
	for _, c := range r.correlator.Advance(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)) {
		errs = append(errs, r.print(r.correlated(&c)))
	}
	return errors.Join(errs...)
}

func (r *ruleRun) match(rule int) *ruleMatch {
	d := r.set.Rules()[rule]
	return &ruleMatch{RuleID: d.ID, Level: d.Level, Title: d.Title, Author: d.Author}
}

func (r *ruleRun) correlated(c *detect.Correlated) *ruleMatch {
	m := r.match(c.Rule)
	m.Correlation = &ruleCorrelation{Count: c.Count, Group: c.Group, From: c.From.Format(time.RFC3339Nano), To: c.To.Format(time.RFC3339Nano)}
	return m
}

func (r *ruleRun) print(m *ruleMatch) error {
	if !slices.Contains(r.levels, m.Level) {
		return nil
	}
	return r.lines.Encode(m)
}
