package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/eljefe/eljefe/internal/fault"
)

// printable makes text from a station or a file harmless on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// forPeople returns what a user should read of an error.
func forPeople(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal {
		return e.Message
	}
	return err.Error()
}

// printTable writes rows in aligned columns below their headings.
func printTable(w io.Writer, headings []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(headings, "\t")))
	for _, row := range rows {
		for i := range row {
			row[i] = strings.ReplaceAll(printable(row[i]), "\n", " ")
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// listFormat says how a list is written.
type listFormat struct {
	JSON bool `env:"-" help:"Write JSON instead of a table, an object on each line."`
}

// printList writes a list as a table, each item as a row, or as lines of JSON.
func printList[T any](w io.Writer, format listFormat, list []T, headings []string, row func(*T) []string) error {
	if format.JSON {
		e := json.NewEncoder(w)
		for i := range list {
			if err := e.Encode(&list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]string, len(list))
	for i := range list {
		rows[i] = row(&list[i])
	}
	return printTable(w, headings, rows)
}
