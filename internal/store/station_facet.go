package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// stationFacets gives, per field, where its values stand: SQL on stationTables
// of a text, "" for none. Of labels a station has many.
var stationFacets = map[string]string{
	"state":         stationStateSQL,
	"origin":        "s.origin",
	"label":         "",
	"system":        "COALESCE(a.system, '')",
	"agent_version": "COALESCE(a.agent_version, '')",
	"sensor_mode":   "COALESCE(a.sensor_mode, '')",
	"enrolment_key": "COALESCE(k.name, '')",
}

// StationFacets returns the values that fields have in the stations that l
// selects, at most l.Limit of each. Events is then the number of stations.
func (s *Store) StationFacets(ctx context.Context, l StationList, fields []string) (*Facets, error) {
	result := &Facets{Complete: true, Facets: make([]Facet, len(fields))}
	texts := make([]string, len(fields))
	for i, field := range fields {
		sql, ok := stationFacets[field]
		if !ok {
			return nil, fault.Invalidf("the values of %q cannot be counted; those of state, origin, label, system, agent_version, sensor_mode and enrolment_key can", field).Coded("station_facet_field", "field")
		}
		result.Facets[i].Field = field
		if texts[i] = fmt.Sprintf("SELECT %d, %s", i, sql); field == "label" {
			texts[i] = fmt.Sprintf("SELECT %d, unnest(CASE WHEN cardinality(a.labels) > 0 THEN a.labels ELSE '{\"\"}' END)", i)
		}
	}
	if len(fields) == 0 {
		return result, nil
	}
	where, args := l.filter()
	args["limit"] = l.Limit
	err := s.search(ctx, stationTimeLimit, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT count(*) FROM `+stationTables+` WHERE `+where, args).Scan(&result.Events)
		if err != nil {
			return fmt.Errorf("count stations: %w", err)
		}
		rows, err := tx.Query(ctx, `
		SELECT field, text, n, place <= @limit
		FROM  (SELECT field, text, count(*) AS n, row_number() OVER (PARTITION BY field, text = '' ORDER BY count(*) DESC, text COLLATE "C") AS place
		       FROM   `+stationTables+`
		       CROSS  JOIN LATERAL (`+strings.Join(texts, " UNION ALL ")+`) AS v (field, text)
		       WHERE  `+where+`
		       GROUP  BY field, text) AS ranked
		ORDER  BY field, place`, args)
		if err != nil {
			return fmt.Errorf("count values of stations: %w", err)
		}
		var field int
		var v FacetValue
		var listed bool
		_, err = pgx.ForEachRow(rows, []any{&field, &v.Value, &v.Count, &listed}, func() error {
			if listed {
				result.Facets[field].add(v)
			} else {
				result.Facets[field].Others += v.Count
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("count values of stations: %w", err)
		}
		return nil
	})
	return result, err
}
