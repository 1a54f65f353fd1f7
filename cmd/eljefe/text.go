package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/eljefe/eljefe/internal/cli"
)

// printTable writes rows in aligned columns below their headings.
func printTable(w io.Writer, headings []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(headings, "\t")))
	for _, row := range rows {
		for i := range row {
			row[i] = cli.Line(row[i])
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
