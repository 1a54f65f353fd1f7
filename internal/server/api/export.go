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
	"sync"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

type exportInput struct {
	SearchInput
	Format string `query:"format" enum:"ndjson,csv" default:"ndjson"`
}

// exportTrailer is sent after the last line: "complete", or why the export ends early.
const exportTrailer = "X-Export-Status"

func (a *API) exportEvents(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, "events.export", in.Q, map[string]any{"from": in.From, "to": in.To, "format": in.Format}); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}[in.Format])
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="eljefe-events-%s.%s"`, a.Now().UTC().Format("20060102-150405"), in.Format))
		hc.SetHeader("Trailer", exportTrailer)
		w := hc.BodyWriter()
		err := a.writeEvents(hc.Context(), w, search, in.Format)
		if err == nil {
			hc.SetHeader(exportTrailer, "complete")
			return
		}
		if hc.Context().Err() == nil {
			a.Log.ErrorContext(hc.Context(), "export ended early", "err", err)
		}
		// A file that ends early must not look whole: the connection is cut.
		panic(http.ErrAbortHandler)
	}}, nil
}

func (a *API) writeEvents(ctx context.Context, w io.Writer, search store.Search, format string) error {
	write, err := exportWriter(w, format)
	if err != nil {
		return err
	}
	return a.Store.EachEvent(ctx, search, func(events []store.Event) error {
		select {
		case <-a.Closing:
			return fault.New(fault.Unavailable, "the server is stopping")
		default:
		}
		for i := range events {
			if err := write(eventJSON(&events[i])); err != nil {
				return err
			}
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		return nil
	})
}

// exportWriter returns a function that writes one event.
func exportWriter(w io.Writer, format string) (func(Event) error, error) {
	if format == "csv" {
		c := csv.NewWriter(w)
		columns := csvColumns()
		if err := c.Write(columns); err != nil {
			return nil, err
		}
		c.Flush()
		return func(e Event) error {
			record, err := csvRecord(e, columns)
			if err != nil {
				return err
			}
			err = c.Write(record)
			c.Flush()
			return errors.Join(err, c.Error())
		}, nil
	}
	return func(e Event) error {
		line, err := json.Marshal(e)
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

// csvColumns returns the names of all members of an event, in the order of its JSON.
var csvColumns = sync.OnceValue(func() []string { return memberNames(Event{}) })

// csvRecord returns the event's values, "" for absent ones.
func csvRecord(e Event, columns []string) ([]string, error) {
	raw, err := json.Marshal(e)
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
				names[n] = fmt.Sprint(x)
			}
			record[i] = csvText(strings.Join(names, " "))
		}
	}
	return record, nil
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
