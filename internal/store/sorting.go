package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// sortColumn is a column that a list can be sorted by. It is never NULL.
type sortColumn struct {
	value string // SQL
	kind  string // its SQL type: bigint, text or timestamptz
}

// sorting is the order of a list that pages by key: by a column, and where that
// is equal by the number of the row.
type sorting struct {
	sortColumn
	name       string
	id         string // SQL of the row's number
	descending bool
	after      *place
}

// place is where a page ended.
type place struct {
	Sort  string `json:"s"`
	Value string `json:"v"` // a time as microseconds
	ID    int64  `json:"i"`
}

// newSorting returns the order called name, beginning behind a cursor.
func newSorting(columns map[string]sortColumn, name, id string, descending bool, cursor string) (*sorting, error) {
	column, ok := columns[name]
	if !ok {
		return nil, fault.Invalidf("the list cannot be sorted by %q", name).Coded("sort_unknown", "name")
	}
	s := &sorting{sortColumn: column, name: name, id: id, descending: descending}
	if cursor == "" {
		return s, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, &s.after)
	}
	if err != nil || s.after == nil || s.after.Sort != s.String() {
		return nil, fault.Invalidf("the cursor is not one of this list; begin without one").Coded("cursor_unknown")
	}
	if _, err := s.argument(); err != nil {
		return nil, fault.Invalidf("the cursor is not one of this list; begin without one").Coded("cursor_unknown")
	}
	return s, nil
}

// String names the order.
func (s *sorting) String() string {
	if s.descending {
		return s.name + " desc"
	}
	return s.name
}

// argument is the value behind which the list goes on.
func (s *sorting) argument() (any, error) {
	if s.kind == "text" {
		if strings.ContainsRune(s.after.Value, 0) {
			return nil, fmt.Errorf("no text of a row: %q", s.after.Value)
		}
		return s.after.Value, nil
	}
	n, err := strconv.ParseInt(s.after.Value, 10, 64)
	if s.kind == "timestamptz" {
		return time.UnixMicro(n), err
	}
	return n, err
}

// behind is the condition that a row comes after the page before; "" for the
// first page.
func (s *sorting) behind(args pgx.NamedArgs) string {
	if s.after == nil {
		return ""
	}
	compare := ">"
	if s.descending {
		compare = "<"
	}
	args["after"], _ = s.argument() // newSorting has tried it
	args["after_id"] = s.after.ID
	return fmt.Sprintf("(%s, %s) %s (@after::%s, @after_id::bigint)", s.value, s.id, compare, s.kind)
}

func (s *sorting) orderBy() string {
	if s.descending {
		return s.value + " DESC, " + s.id + " DESC"
	}
	return s.value + ", " + s.id
}

// key is the SQL of what next takes.
func (s *sorting) key() string {
	switch s.kind {
	case "timestamptz":
		return "(extract(epoch FROM " + s.value + ") * 1000000)::bigint::text"
	case "text":
		return s.value
	}
	return "(" + s.value + ")::text"
}

// next is the cursor of the page after one that ends with a row.
func (s *sorting) next(key string, id int64) string {
	raw, err := json.Marshal(place{Sort: s.String(), Value: key, ID: id})
	if err != nil {
		return "" // texts and numbers always can be written
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
