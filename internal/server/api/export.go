package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// ExportInput chooses how an export is written.
type ExportInput struct {
	Format string `query:"format" enum:"ndjson,csv" default:"ndjson"`
}

// exportTrailer is sent after the last line: "complete", or why the export ends early.
const exportTrailer = "X-Export-Status"

type exportEventsInput struct {
	SearchInput
	ExportInput
}

func (a *API) exportEvents(ctx context.Context, in *exportEventsInput) (*huma.StreamResponse, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, "events.export", in.Q, map[string]any{"from": in.From, "to": in.To, "format": in.Format}); err != nil {
		return nil, err
	}
	return export(a, "events", in.Format, func(ctx context.Context, write func([]Event) error) error {
		return a.Store.EachEvent(ctx, search, func(list []store.Event) error { return write(eventsJSON(list)) })
	}), nil
}

type exportBinariesInput struct {
	FindBinariesInput
	ExportInput
}

func (a *API) exportBinaries(ctx context.Context, in *exportBinariesInput) (*huma.StreamResponse, error) {
	l, err := in.list(a.Now())
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, "binaries.export", in.Q, map[string]any{"format": in.Format}); err != nil {
		return nil, err
	}
	return export(a, "binaries", in.Format, func(ctx context.Context, write func([]Binary) error) error {
		return a.Store.EachBinary(ctx, l, func(list []store.Binary) error { return write(binariesJSON(list)) })
	}), nil
}

type exportStationsInput struct {
	FindStationsInput
	ExportInput
}

func (a *API) exportStations(ctx context.Context, in *exportStationsInput) (*huma.StreamResponse, error) {
	if err := a.audit(ctx, "stations.export", in.Search, map[string]any{"show": in.Show, "format": in.Format}); err != nil {
		return nil, err
	}
	l := in.list(a.Now())
	l.Sort = "name" // what does not change while they are read
	return export(a, "stations", in.Format, func(ctx context.Context, write func([]Station) error) error {
		return a.Store.EachStation(ctx, l, func(list []store.ListedStation) error { return write(stationsJSON(list)) })
	}), nil
}

// export answers with a file of the rows that each gives to write, a few hundred
// at a time.
func export[T any](a *API, what, format string, each func(ctx context.Context, write func([]T) error) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}[format])
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="eljefe-%s-%s.%s"`, what, a.Now().UTC().Format("20060102-150405"), format))
		hc.SetHeader("Trailer", exportTrailer)
		w := hc.BodyWriter()
		write, err := exportWriter[T](w, format)
		if err == nil {
			err = each(hc.Context(), func(rows []T) error {
				select {
				case <-a.Closing:
					return fault.New(fault.Unavailable, "the server is stopping").Coded("stopping")
				default:
				}
				for _, row := range rows {
					if err := write(row); err != nil {
						return err
					}
				}
				if f, ok := w.(http.Flusher); ok {
					f.Flush()
				}
				return nil
			})
		}
		if err == nil {
			hc.SetHeader(exportTrailer, "complete")
			return
		}
		if hc.Context().Err() == nil {
			a.Log.ErrorContext(hc.Context(), "export ended early", "err", err)
		}
		// A file that ends early must not look whole: the connection is cut.
		panic(http.ErrAbortHandler)
	}}
}

// exportWriter returns a function that writes one row.
func exportWriter[T any](w io.Writer, format string) (func(T) error, error) {
	if format == "csv" {
		c := csv.NewWriter(w)
		var row T
		columns := memberNames(row)
		if err := c.Write(columns); err != nil {
			return nil, err
		}
		c.Flush()
		return func(row T) error {
			record, err := csvRecord(row, columns)
			if err != nil {
				return err
			}
			err = c.Write(record)
			c.Flush()
			return errors.Join(err, c.Error())
		}, nil
	}
	return func(row T) error {
		line, err := json.Marshal(row)
		if err != nil {
			return err
		}
		_, err = w.Write(append(escapeJSON(line), '\n'))
		return err
	}, nil
}

// isHarmful tells whether a terminal or an editor might obey r instead of
// showing it: control characters, and those that turn the direction of text.
func isHarmful(r rune) bool {
	return unicode.IsControl(r) || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
}

// escapeJSON writes harmful characters of JSON text as \u escapes.
func escapeJSON(line []byte) []byte {
	if !slices.ContainsFunc([]rune(string(line)), isHarmful) {
		return line
	}
	var b strings.Builder
	for _, r := range string(line) {
		if isHarmful(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return []byte(b.String())
}

// csvRecord returns the row's values, "" for absent ones.
func csvRecord(row any, columns []string) ([]string, error) {
	raw, err := json.Marshal(row)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return nil, err
	}
	record := make([]string, len(columns))
	for i, c := range columns {
		switch v := members[c].(type) {
		case nil:
		case string:
			record[i] = csvText(v)
		case bool:
			record[i] = strconv.FormatBool(v)
		case json.Number:
			record[i] = v.String()
		case []any:
			names := make([]string, len(v))
			for n, x := range v {
				if names[n], err = csvPart(x); err != nil {
					return nil, err
				}
			}
			between := " "
			if c == "paths" || c == "labels" || c == "volumes" { // they may have spaces; no path of Windows has a |
				between = " | "
			}
			record[i] = csvText(strings.Join(names, between))
		}
	}
	return record, nil
}

// csvPart is one of several values in a cell; what has members is JSON.
func csvPart(v any) (string, error) {
	if members, ok := v.(map[string]any); ok {
		raw, err := json.Marshal(members)
		return string(raw), err
	}
	return fmt.Sprint(v), nil
}

// csvText makes s harmless in a spreadsheet and a terminal: what would begin a
// formula gets a leading apostrophe, control characters are written as \u.
func csvText(s string) string {
	if strings.ContainsFunc(s, isHarmful) {
		var b strings.Builder
		for _, r := range s {
			if isHarmful(r) {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
		s = b.String()
	}
	if s != "" && strings.ContainsRune("=+-@|%", rune(s[0])) {
		return "'" + s
	}
	return s
}
