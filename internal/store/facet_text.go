package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/query"
)

// facet makes the facet of a field from the counts of its key.
func (s *Store) facet(ctx context.Context, f *query.Field, c *facetCounter, key *facetKey) (facet *Facet, err error) {
	facet = &Facet{Field: f.Name, Blank: key.blank}
	col := startFields()[f.Name]
	switch {
	case col.from != "":
		err = s.search(ctx, facetTimeLimit, func(tx pgx.Tx) error { return facet.look(ctx, tx, f, col, c, key) })
	case key.text:
		err = s.search(ctx, facetTimeLimit, func(tx pgx.Tx) error { return facet.sample(ctx, tx, col, c, key) })
	default:
		for _, v := range facet.first(c, key) {
			facet.Values = append(facet.Values, FacetValue{Value: inlineText(f, col, v), Count: key.counts[v].n})
		}
	}
	return facet, err
}

// first returns as many of a key's values as are shown, in their order, and
// counts the others.
func (facet *Facet) first(c *facetCounter, key *facetKey) []int64 {
	values := make([]int64, 0, len(key.counts))
	for v, count := range key.counts {
		values = append(values, v)
		facet.Others += count.n
	}
	slices.SortFunc(values, func(a, b int64) int {
		fewer := cmp.Compare(key.counts[a].n, key.counts[b].n)
		if !c.Rarest {
			fewer = -fewer
		}
		return cmp.Or(fewer, cmp.Compare(a, b))
	})
	values = values[:min(c.Limit, len(values))]
	for _, v := range values {
		facet.Others -= key.counts[v].n
	}
	return values
}

// inlineText is how a filter writes a value that stands in the event itself.
func inlineText(f *query.Field, col column, v int64) string {
	switch {
	case f.Type == query.Boolean:
		return strconv.FormatBool(v != 0)
	case f.Type == query.Enum:
		for _, name := range f.Values {
			if code, ok := col.codes(name).(int16); ok && int64(code) == v {
				return name
			}
		}
	case col.unsigned:
		return strconv.FormatUint(uint64(v), 10)
	}
	return strconv.FormatInt(v, 10)
}

// look puts the values to the rows of another table that were counted. Several
// rows may have one value: a file name stands in many paths. Stations are told
// apart even where their names are equal.
func (facet *Facet) look(ctx context.Context, tx DB, f *query.Field, col column, c *facetCounter, key *facetKey) error {
	ids, counts := make([]int64, 0, len(key.counts)), make([]int64, 0, len(key.counts))
	for id, count := range key.counts {
		ids, counts = append(ids, id), append(counts, count.n)
	}
	order := "DESC"
	if c.Rarest {
		order = "ASC"
	}
	same := `lower(d.text COLLATE "C")`
	switch {
	case f.Name == "station":
		same = "d.id::text"
	case f.Match == query.Directory: // a separator at the end makes no difference
		same = `rtrim(` + same + `, '\/')`
	}
	rows, err := tx.Query(ctx, `
		WITH v AS MATERIALIZED (
			SELECT d.id, d.n, d.text, `+same+` AS same
			FROM  (SELECT c.id, c.n, `+facetText(f, col)+` AS text
			       FROM   unnest(@ids::bigint[], @counts::bigint[]) AS c (id, n)
			       JOIN   `+col.from+` d ON d.id = c.id) AS d
			WHERE  d.text <> ''),
		g AS (
			SELECT same, sum(n)::bigint AS n
			FROM   v
			GROUP  BY same
			ORDER  BY 2 `+order+`, 1
			LIMIT  @limit)
		SELECT DISTINCT ON (g.n, g.same) v.text, g.n, v.id, (SELECT sum(n)::bigint FROM v)
		FROM   g JOIN v ON v.same = g.same
		ORDER  BY g.n `+order+`, g.same, v.n DESC, v.text`, pgx.NamedArgs{"ids": ids, "counts": counts, "limit": c.Limit})
	if err != nil {
		return fmt.Errorf("look up values of %s: %w", f.Name, err)
	}
	var v FacetValue
	var known, shown int64
	_, err = pgx.ForEachRow(rows, []any{&v.Value, &v.Count, &v.ID, &known}, func() error {
		if f.Name != "station" {
			v.ID = 0
		}
		facet.Values = append(facet.Values, v)
		shown += v.Count
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up values of %s: %w", f.Name, err)
	}
	for _, n := range counts {
		facet.Blank += n
	}
	facet.Blank -= known
	facet.Others = known - shown
	return nil
}

// facetText is the SQL of how a filter writes a value of another table.
func facetText(f *query.Field, col column) string {
	switch {
	case col.hashes != nil:
		list := ""
		for _, h := range col.hashes {
			list += "encode(" + h.value + ", 'hex'), "
		}
		return "COALESCE(" + list + "'')"
	case f.Type == query.Boolean:
		return "CASE WHEN " + col.value + " THEN 'true' WHEN NOT " + col.value + " THEN 'false' ELSE '' END"
	case f.Type == query.Text || f.Type == query.Enum:
		return "COALESCE(" + col.value + ", '')"
	case f.Type == query.Decimal:
		return "COALESCE(trim_scale(" + col.value + " / 100.0)::text, '')"
	case col.unsigned:
		return "COALESCE((CASE WHEN " + col.value + " < 0 THEN 18446744073709551616 ELSE 0 END + " + col.value + ")::text, '')"
	}
	return "COALESCE((" + col.value + ")::text, '')"
}

// sample puts the texts to the digests that are shown: each stands in an event
// whose time is known.
func (facet *Facet) sample(ctx context.Context, tx DB, col column, c *facetCounter, key *facetKey) error {
	for _, digest := range facet.first(c, key) {
		count := key.counts[digest]
		from, own := "process_start s", "s.started"
		if count.stop {
			// The text is that of the start.
			from = "process_stop t JOIN process_start s ON s.station_id = t.station_id AND s.started = t.started AND s.process_key = t.process_key"
			own = "t.stopped"
		}
		text := ""
		err := tx.QueryRow(ctx, fmt.Sprintf(`SELECT %s FROM %s WHERE %s = @at AND %s = @digest LIMIT 1`, col.value, from, own, key.sql[0]),
			pgx.NamedArgs{"at": count.sample, "digest": digest}).Scan(&text)
		if err != nil && err != pgx.ErrNoRows { // its day may just have been dropped
			return fmt.Errorf("look up a value of %s: %w", facet.Field, err)
		}
		if text == "" {
			facet.Others += count.n
			continue
		}
		facet.Values = append(facet.Values, FacetValue{Value: text, Count: count.n})
	}
	return nil
}
