package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// privileges are the sets that a start tells of, in the order of the columns of
// privilege_set: three of Windows, two of Linux.
type privileges [5]mask

// mask is one of the sets, and whether it is told.
type mask struct {
	bits  int64
	known bool
}

func maskOf[T ~uint64](set *T) mask {
	if set == nil {
		return mask{}
	}
	return mask{int64(*set), true}
}

func privilegesOf(p *event.Process) privileges {
	return privileges{
		maskOf(p.Privileges), maskOf(p.PrivilegesDefault), maskOf(p.PrivilegesPresent), maskOf(p.Capabilities), maskOf(p.CapabilitiesPermitted),
	}
}

// setOf makes the set of a column again.
func setOf[T ~uint64](column *int64) *T {
	if column == nil {
		return nil
	}
	set := T(*column)
	return &set
}

const privilegeColumns = `privileges, privileges_default, privileges_present, capabilities, capabilities_permitted`

func (w *words) wantPrivileges(p *event.Process) {
	if s := privilegesOf(p); s != (privileges{}) {
		w.privileges[s] = 0
	}
}

// resolvePrivileges gives every set of privileges its id.
func (w *words) resolvePrivileges(ctx context.Context) error {
	var missing []privileges
	for s := range w.privileges {
		if id, ok := w.cache.privileges.Get(s); ok {
			w.privileges[s] = id
		} else {
			missing = append(missing, s)
		}
	}
	const told = `unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS w (` + privilegeColumns + `)`
	const look = `
		SELECT p.id, p.privileges, p.privileges_default, p.privileges_present, p.capabilities, p.capabilities_permitted
		FROM   privilege_set p
		JOIN   ` + told + `
		ON     (p.privileges, p.privileges_default, p.privileges_present, p.capabilities, p.capabilities_permitted)
		       IS NOT DISTINCT FROM (w.privileges, w.privileges_default, w.privileges_present, w.capabilities, w.capabilities_permitted)`
	const add = `
		INSERT INTO privilege_set (` + privilegeColumns + `)
		SELECT ` + privilegeColumns + ` FROM ` + told + ` ORDER BY 1, 2, 3, 4, 5
		ON CONFLICT DO NOTHING
		RETURNING id, ` + privilegeColumns + ``
	for _, sql := range []string{look, add, look} {
		if len(missing) == 0 {
			return nil
		}
		columns := make([]any, len(privileges{}))
		for i := range columns {
			column := make([]*int64, len(missing))
			for j := range missing {
				if m := &missing[j][i]; m.known {
					column[j] = &m.bits
				}
			}
			columns[i] = column
		}
		rows, err := w.tx.Query(ctx, sql, columns...)
		if err != nil {
			return fmt.Errorf("look up privileges: %w", err)
		}
		var id int64
		var a, b, c, d, e *int64
		_, err = pgx.ForEachRow(rows, []any{&id, &a, &b, &c, &d, &e}, func() error {
			var s privileges
			for i, column := range [...]*int64{a, b, c, d, e} {
				if column != nil {
					s[i] = mask{*column, true}
				}
			}
			id := id
			w.privileges[s] = id
			w.learnt = append(w.learnt, func() { w.cache.privileges.Add(s, id) })
			return nil
		})
		if err != nil {
			return fmt.Errorf("look up privileges: %w", err)
		}
		missing = slices.DeleteFunc(missing, func(s privileges) bool { return w.privileges[s] != 0 })
	}
	if len(missing) > 0 {
		return fmt.Errorf("privilege_set: %d sets have no id after they were added", len(missing))
	}
	return nil
}
