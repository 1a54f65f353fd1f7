package agentapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/event"
)

// Buffers serve one batch after another; a batch that was decoded before stays
// what it was.
func TestBatchesShareNoMemory(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packers := map[string]func([]byte) []byte{
		"identity": bytes.Clone,
		"zstd":     func(raw []byte) []byte { return w.EncodeAll(raw, nil) },
		"gzip": func(raw []byte) []byte {
			var b bytes.Buffer
			g := gzip.NewWriter(&b)
			if _, err := g.Write(raw); err != nil {
				t.Fatal(err)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		},
	}
	u := new(unpacker)
	for encoding, pack := range packers {
		var want, got [][]event.Process
		for batch := range 5 {
			var events []event.Process
			var raw []byte
			for i := range 20 {
				p := event.Process{
					Kind: event.Start, Seq: uint64(i + 1), Time: time.Unix(int64(batch), 0).UTC(), PID: uint32(batch),
					Image: fmt.Sprintf(`C:\%d\%s`, batch, strings.Repeat("é", batch*i)), CommandLine: fmt.Sprintf("%d\t%q", batch, fmt.Sprint(i)),
				}
				line, err := json.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				events, raw = append(events, p), append(append(raw, line...), '\n')
			}
			packed := pack(raw)
			b, _, err := u.decode(encoding, packed, nil)
			if err != nil {
				t.Fatalf("%s: %v", encoding, err)
			}
			clear(packed)
			want, got = append(want, events), append(got, b.Events)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the batches are not what they were: %+v, want %+v", encoding, got, want)
		}
	}
}

// Short lines make no room for events that cannot be.
func TestDecodeRoom(t *testing.T) {
	u := new(unpacker)
	raw := append(bytes.Repeat([]byte("\n"), 1<<20), `{"seq":1}`...)
	b, _, err := u.decode("", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Events) != 1 || cap(b.Events) > len(raw)/100+1 {
		t.Errorf("%d events have room for %d in %d bytes", len(b.Events), cap(b.Events), len(raw))
	}
}
