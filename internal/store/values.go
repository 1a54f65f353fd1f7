package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// FieldValue is a value that a field of the filter language has.
type FieldValue struct {
	Value string
	Count int64 // 0: not counted
}

// valueTimeLimit is how long one may wait for completions while typing.
const valueTimeLimit = time.Second

// valueSources gives, per field, a query for its values that contain @part,
// those first that begin with it.
var valueSources = map[string]string{
	"station":            textValues(`station`, `name`),
	"user":               textValues(`account`, `name`),
	"parent_user":        textValues(`account`, `name`),
	"user_sid":           textValues(`account`, `sid`),
	"image":              textValues(`path`, `text`),
	"parent_image":       textValues(`path`, `text`),
	"grandparent_image":  textValues(`path`, `text`),
	"current_directory":  textValues(`path`, `text`),
	"name":               textValues(`binary_file`, `name`),
	"parent_name":        textValues(`binary_file`, `name`),
	"original_file_name": textValues(`binary_file`, `original_file_name`),
	"description":        textValues(`binary_file`, `description`),
	"product":            textValues(`binary_file`, `product`),
	"company":            textValues(`binary_file`, `company`),
	"file_version":       textValues(`binary_file`, `file_version`),
	"signer":             textValues(`binary_file`, `signer`),
	"architecture":       textValues(`binary_file`, `architecture`),
	"source_file":        textValues(`import_file`, `name`),
}

// textValues returns the query for a column of one of the small tables. Only
// so many rows are looked at: a completion that comes late is none.
func textValues(table, column string) string {
	return `
		SELECT ` + column + `, 0::bigint
		FROM  (SELECT ` + column + ` FROM ` + table + ` WHERE ` + column + ` ILIKE @like AND ` + column + ` <> '' LIMIT 20000) AS found
		GROUP  BY 1
		ORDER  BY ` + column + ` NOT ILIKE @prefix, count(*) DESC, length(` + column + `), 1
		LIMIT  @limit`
}

// FieldValues returns up to limit values of a field that contain part; none
// for a field whose values are not kept in a list of their own.
func (s *Store) FieldValues(ctx context.Context, field, part string, limit int) ([]FieldValue, error) {
	return s.fieldValues(ctx, valueSources, field, part, limit)
}

// fieldValues looks in one of several tables of queries.
func (s *Store) fieldValues(ctx context.Context, sources map[string]string, field, part string, limit int) (values []FieldValue, err error) {
	sql, ok := sources[field]
	if !ok {
		return nil, nil
	}
	part = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ReplaceAll(part, "\x00", ""))
	err = s.search(ctx, valueTimeLimit, func(tx pgx.Tx) (err error) {
		values, err = collect(ctx, tx, "complete "+field, pgx.RowToStructByPos[FieldValue], sql,
			pgx.NamedArgs{"like": "%" + part + "%", "prefix": part + "%", "limit": limit})
		return err
	})
	if isTimeout(err) {
		return nil, nil
	}
	return values, err
}
