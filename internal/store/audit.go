package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditEntry is something that somebody did.
type AuditEntry struct {
	ID      int64
	Time    time.Time
	Who     string
	Action  string
	Subject string
	Detail  json.RawMessage // an object
}

// AuditList selects a page of what was done, newest first. Empty fields do not
// restrict.
type AuditList struct {
	Action string
	Who    string // in any case
	Cursor string
	Limit  int
}

var auditOrder = map[string]sortColumn{"id": {"id", "bigint"}}

const auditTimeLimit = 5 * time.Second

// AuditEntries returns a page of what was done, and the cursor of the next page.
func (s *Store) AuditEntries(ctx context.Context, l AuditList) (list []AuditEntry, next string, err error) {
	order, err := newSorting(auditOrder, "id", "id", true, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"limit": l.Limit + 1}
	var action, who string
	if l.Action != "" {
		action, args["action"] = "action = @action", l.Action
	}
	if l.Who != "" {
		who, args["who"] = "lower(who) = lower(@who)", l.Who
	}
	err = s.search(ctx, auditTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "read the audit", pgx.RowToStructByPos[AuditEntry], `
			SELECT id, time, who, action, subject, detail
			FROM   audit
			WHERE  `+conditions("true", action, who, order.behind(args))+`
			ORDER  BY `+order.orderBy()+`
			LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		last := list[l.Limit-1].ID
		next = order.next(strconv.FormatInt(last, 10), last)
	}
	return list, next, err
}

// HasRun tells whether a binary has ever run on a station, as far as is known.
func (s *Store) HasRun(ctx context.Context, station, binary int64) (bool, error) {
	list, err := collect(ctx, s.reads, "look where a binary has run", pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM account_binary_station WHERE binary_id = $1::bigint AND station_id = $2::bigint)`, binary, station)
	if err != nil {
		return false, err
	}
	return list[0], nil
}
