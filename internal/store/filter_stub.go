package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/query"
)

type filter struct {
	where string
	joins bool
	args  pgx.NamedArgs
}

func newFilter(q *query.Query, stops bool) (*filter, error) { return &filter{}, nil }

func (f *filter) arguments() pgx.NamedArgs {
	a := pgx.NamedArgs{}
	for k, v := range f.args {
		a[k] = v
	}
	return a
}
