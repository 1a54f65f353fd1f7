package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// privileges are the three sets that a start tells of, each with whether it does.
type privileges struct {
	enabled, byDefault, present              event.PrivilegeSet
	knowsEnabled, knowsDefault, knowsPresent bool
}

func privilegesOf(p *event.Process) (s privileges) {
	set := func(from *event.PrivilegeSet, to *event.PrivilegeSet, known *bool) {
		if from != nil {
			*to, *known = *from, true
		}
	}
	set(p.Privileges, &s.enabled, &s.knowsEnabled)
	set(p.PrivilegesDefault, &s.byDefault, &s.knowsDefault)
	set(p.PrivilegesPresent, &s.present, &s.knowsPresent)
	return s
}

// columns returns the values of the columns of privilege_set.
func (s privileges) columns() (enabled, byDefault, present *int64) {
	column := func(set event.PrivilegeSet, known bool) *int64 {
		if !known {
			return nil
		}
		mask := int64(set)
		return &mask
	}
	return column(s.enabled, s.knowsEnabled), column(s.byDefault, s.knowsDefault), column(s.present, s.knowsPresent)
}

func privilegesOfColumns(enabled, byDefault, present *int64) privileges {
	return privilegesOf(&event.Process{Privileges: privilegeSet(enabled), PrivilegesDefault: privilegeSet(byDefault), PrivilegesPresent: privilegeSet(present)})
}

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
	const told = `unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w (privileges, privileges_default, privileges_present)`
	const look = `
		SELECT p.id, p.privileges, p.privileges_default, p.privileges_present
		FROM   privilege_set p
		JOIN   ` + told + `
		ON     (p.privileges, p.privileges_default, p.privileges_present) IS NOT DISTINCT FROM (w.privileges, w.privileges_default, w.privileges_present)`
	const add = `
		INSERT INTO privilege_set (privileges, privileges_default, privileges_present)
		SELECT privileges, privileges_default, privileges_present FROM ` + told + ` ORDER BY 1, 2, 3
		ON CONFLICT DO NOTHING
		RETURNING id, privileges, privileges_default, privileges_present`
	for _, sql := range []string{look, add, look} {
		if len(missing) == 0 {
			return nil
		}
		n := len(missing)
		enabled, byDefault, present := make([]*int64, n), make([]*int64, n), make([]*int64, n)
		for i, s := range missing {
			enabled[i], byDefault[i], present[i] = s.columns()
		}
		rows, err := w.tx.Query(ctx, sql, enabled, byDefault, present)
		if err != nil {
			return fmt.Errorf("look up privileges: %w", err)
		}
		var id int64
		var a, b, c *int64
		_, err = pgx.ForEachRow(rows, []any{&id, &a, &b, &c}, func() error {
			s, id := privilegesOfColumns(a, b, c), id
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
