package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// BinaryFacetList selects the values that some fields have in the binaries of a
// query.
type BinaryFacetList struct {
	Query  *query.Query
	Fields []*query.Field
	Limit  int // values of each
}

// binaryFacetColumn returns where the values of a field stand that are worth
// counting. A binary has many places, and most hashes are those of one binary;
// of its names the one it was first seen under is counted.
func binaryFacetColumn(f *query.Field) (column, error) {
	if f.Name == "name" {
		return inline("b.name"), nil
	}
	col, ok := binaryFields()[f.Name]
	if !ok || col.from != "" || f.Type != query.Text && f.Type != query.Boolean {
		return column{}, fault.Invalidf("the values of %s cannot be counted; those of what a binary says of itself, of its name and of who signed it can", f.Name).Coded("binary_facet_field", "field")
	}
	return col, nil
}

// BinaryFacets returns the values that l selects, in all binaries of the query.
// As for events, texts that differ in the case of letters only are one value.
func (s *Store) BinaryFacets(ctx context.Context, l BinaryFacetList) (*Facets, error) {
	f, err := newBinaryFilter(l.Query)
	if err != nil {
		return nil, err
	}
	result := &Facets{Complete: true, Facets: make([]Facet, len(l.Fields))}
	texts := make([]string, len(l.Fields))
	for i, field := range l.Fields {
		col, err := binaryFacetColumn(field)
		if err != nil {
			return nil, err
		}
		result.Facets[i].Field = field.Name
		texts[i] = fmt.Sprintf("(%d, %s)", i, facetText(field, col))
	}
	args := f.arguments()
	args["limit"] = l.Limit
	// Each spelling is counted first: the sorting that follows is then one of few
	// rows. Every binary is in every field once, so the sum of each is their number.
	sql := `
		WITH spelt AS (
			SELECT v.field, v.text, count(*) AS n
			FROM   ` + binaryTables + `
			CROSS  JOIN LATERAL (VALUES ` + strings.Join(texts, ", ") + `) AS v (field, text)
			WHERE  ` + conditions("true", f.where) + `
			GROUP  BY v.field, v.text),
		same AS (
			SELECT field, (array_agg(text ORDER BY n DESC, text COLLATE "C"))[1] AS text, sum(n)::bigint AS n
			FROM   spelt
			GROUP  BY field, lower(text COLLATE "C")),
		ranked AS (
			SELECT field, text, n, row_number() OVER (PARTITION BY field, text = '' ORDER BY n DESC, lower(text COLLATE "C")) AS place,
			       (sum(n) OVER (PARTITION BY field))::bigint AS binaries
			FROM   same)
		SELECT field, text, n, binaries
		FROM   ranked
		WHERE  place <= @limit
		ORDER  BY field, place, text`
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args)
		if err != nil {
			return fmt.Errorf("count values of binaries: %w", err)
		}
		var field int
		var v FacetValue
		_, err = pgx.ForEachRow(rows, []any{&field, &v.Value, &v.Count, &result.Events}, func() error {
			result.Facets[field].add(v)
			return nil
		})
		if err != nil {
			return fmt.Errorf("count values of binaries: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, tooSlow(err)
	}
	for i := range result.Facets {
		facet := &result.Facets[i]
		facet.Others = result.Events - facet.Blank
		for _, v := range facet.Values {
			facet.Others -= v.Count
		}
	}
	return result, nil
}

// add takes in a value; that without a text counts what has none.
func (facet *Facet) add(v FacetValue) {
	if v.Value == "" {
		facet.Blank = v.Count
		return
	}
	facet.Values = append(facet.Values, v)
}
