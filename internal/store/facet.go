package store

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// Facets are the values that fields have in the events of a search, or in the
// binaries of a query: what is said here of events is then said of those.
type Facets struct {
	Facets []Facet
	Events int64 // looked through

	// Complete is false if the time was up: the figures are those of the events
	// since SearchedTo.
	Complete   bool
	SearchedTo time.Time
}

// Facet is the values of one field, those with most events first, or those with
// fewest.
type Facet struct {
	Field  string
	Values []FacetValue
	Others int64 // events with further values
	Blank  int64 // events in which the field has no value
}

// FacetValue is a value and how many events have it. Texts that differ in the
// case of letters only are one value, as for the filter language: Value is the
// spelling that most events have.
type FacetValue struct {
	Value string
	Count int64
	ID    int64 // of the station, where the field is station; else 0
}

const (
	facetBudget    = 2 * time.Second
	facetTimeLimit = 5 * time.Second // for putting the texts to the numbers
	mostFacetKeys  = 500_000         // different values kept in memory; then it counts as if the time was up
)

// A facetKey is one thing to count by. Numbers are counted, not texts: those of
// the rows in other tables, which several fields may share, and of a text that
// stands in the event itself a digest.
type facetKey struct {
	sql    [2]string // bigint, in a search for starts and for stops
	text   bool      // it is a digest
	counts map[int64]*facetCount
	blank  int64
}

type facetCount struct {
	n      int64
	sample time.Time // an event with it happened then; where the key is a digest
	stop   bool      // and it was a stop
}

// FacetList selects the values that some fields have in the events of a search.
// Its budget is 2 s where it names none.
type FacetList struct {
	Search
	Fields []*query.Field
	Limit  int  // values of each
	Rarest bool // those first that few events have
}

// FacetBy returns the values that l selects.
func (s *Store) FacetBy(ctx context.Context, l FacetList) (*Facets, error) {
	if l.Budget == 0 {
		l.Budget = facetBudget
	}
	c, err := newFacetCounter(l)
	if err != nil {
		return nil, err
	}
	w, err := s.newWalk(ctx, l.Search, nil, false)
	if err != nil {
		return nil, err
	}
	c.join(w)
	result := &Facets{Complete: true}
	for {
		ok, err := w.next(ctx, func(tx pgx.Tx, from, to time.Time) error { return c.count(ctx, tx, w, from, to) })
		if err != nil {
			return nil, err
		}
		if !ok || c.distinct > mostFacetKeys {
			result.Complete = !w.timeUp && !ok
			break
		}
	}
	if !result.Complete {
		result.SearchedTo = w.border
	}
	result.Events = c.events
	for i, f := range l.Fields {
		facet, err := s.facet(ctx, f, c, c.keys[c.keyOf[i]])
		if err != nil {
			return nil, err
		}
		result.Facets = append(result.Facets, *facet)
	}
	return result, nil
}

// facetCounter counts all keys in one scan of each window.
type facetCounter struct {
	FacetList
	keys     []*facetKey
	keyOf    []int // of each field, which of the keys
	events   int64
	distinct int
	seed     int64 // of digests: nobody can prepare texts whose digests are equal
}

func newFacetCounter(l FacetList) (*facetCounter, error) {
	c := &facetCounter{FacetList: l, seed: rand.Int64()}
	starts, stops := startFields(), stopFields()
	for _, f := range l.Fields {
		key := &facetKey{counts: map[int64]*facetCount{}}
		for i, columns := range [...]map[string]column{starts, stops} {
			col := columns[f.Name]
			switch {
			case col.prevalence != "" || f.Type == query.Time || f.Type == query.Duration || f.Type == query.GUID || f.Type == query.Privilege || f.Type == query.Capability:
				return nil, fault.Invalidf("the values of %s cannot be counted; those of texts, numbers, hashes and of fields with a fixed set of values can", f.Name).Coded("facet_field", "field")
			case col.from != "":
				key.sql[i] = col.id + "::bigint"
			case f.Type == query.Text:
				key.text = true
				key.sql[i] = fmt.Sprintf(`hashtextextended(lower(NULLIF(%s, '') COLLATE "C"), %d)`, col.value, c.seed)
			case f.Type == query.Boolean:
				key.sql[i] = "(" + col.value + ")::integer::bigint"
			default:
				key.sql[i] = "(" + col.value + ")::bigint"
			}
		}
		at := slices.IndexFunc(c.keys, func(k *facetKey) bool { return k.sql == key.sql })
		if at < 0 {
			at = len(c.keys)
			c.keys = append(c.keys, key)
		}
		c.keyOf = append(c.keyOf, at)
	}
	return c, nil
}

// join makes the forms of a walk join the other table where a key is in it.
func (c *facetCounter) join(w *walk) {
	var forms []*searchForm
	for _, f := range w.forms {
		which, other := formOf(f)
		joins := slices.ContainsFunc(c.keys, func(k *facetKey) bool { return other.MatchString(k.sql[which]) })
		if f.filter.joins || !joins {
			forms = append(forms, f)
			continue
		}
		f.filter.joins = true
		if !f.stops {
			forms = append(forms, f)
			continue
		}
		for _, part := range stopForms(f.filter) {
			part.longest = f.longest
			forms = append(forms, part)
		}
	}
	w.forms = forms
}

// formOf returns the place of a form's SQL in a facetKey, and what names its
// other table.
func formOf(f *searchForm) (which int, other *regexp.Regexp) {
	if f.stops {
		return 1, namesStart
	}
	return 0, namesStop
}

// facetRow is how many events of a window have a value.
type facetRow struct {
	key    int
	value  *int64 // nil: blank
	n      int64
	sample time.Time
	stop   bool
}

// count adds the events of a window, all of them or, where the time is up before
// the last statement, none.
func (c *facetCounter) count(ctx context.Context, tx DB, w *walk, from, to time.Time) error {
	var all []facetRow
	for _, f := range w.forms {
		which, _ := formOf(f)
		var columns, names, sets []string
		for i, k := range c.keys {
			name := fmt.Sprintf("k%d", i)
			columns = append(columns, k.sql[which]+" AS "+name)
			names = append(names, name)
			sets = append(sets, "("+name+")")
		}
		list := strings.Join(names, ", ")
		tables, args := f.from(from, to, "")
		// GROUPING has a bit for each key that a row was not grouped by, the
		// first key's uppermost; COALESCE is the only key that is not NULL.
		rows, err := tx.Query(ctx, `
		SELECT GROUPING(`+list+`)::bigint, COALESCE(`+list+`), count(*), min(at)
		FROM  (SELECT `+f.time+` AS at, `+strings.Join(columns, ", ")+`
		`+tables+`) AS e
		GROUP  BY GROUPING SETS (`+strings.Join(sets, ", ")+`)`, args)
		if err != nil {
			return fmt.Errorf("count values: %w", err)
		}
		r := facetRow{stop: f.stops}
		var grouping int64
		_, err = pgx.ForEachRow(rows, []any{&grouping, &r.value, &r.n, &r.sample}, func() error {
			r.key = c.grouped(grouping)
			all = append(all, r)
			return nil
		})
		if err != nil {
			return fmt.Errorf("count values: %w", err)
		}
	}
	for _, r := range all {
		c.add(r)
	}
	return nil
}

// grouped returns the key that a row was grouped by, from what GROUPING says of it.
func (c *facetCounter) grouped(grouping int64) int {
	without := int64(1)<<len(c.keys) - 1
	return len(c.keys) - bits.Len64(uint64(without&^grouping))
}

func (c *facetCounter) add(r facetRow) {
	if r.key == 0 {
		c.events += r.n
	}
	key := c.keys[r.key]
	if r.value == nil {
		key.blank += r.n
		return
	}
	count := key.counts[*r.value]
	if count == nil {
		count = &facetCount{sample: r.sample, stop: r.stop}
		key.counts[*r.value] = count
		c.distinct++
	}
	count.n += r.n
}
