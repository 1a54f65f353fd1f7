package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"

	"github.com/eljefe/eljefe/internal/event"
)

// NDJSON returns the events one a line, in ASCII alone: what is not stands as
// \u escapes, so that no editor and no diff shows it as something else.
func NDJSON(events []event.Process) ([]byte, error) {
	var out bytes.Buffer
	for i := range events {
		line, err := json.Marshal(&events[i])
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		for _, r := range string(line) {
			if r < 0x7f {
				out.WriteRune(r)
				continue
			}
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}
