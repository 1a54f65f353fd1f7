package agentapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/wire"
)

// maxWindow is how far back a zstd stream may refer: what its decoder holds.
const maxWindow = 8 << 20

// unpacker unpacks and decodes batches. The zero value is ready.
type unpacker struct {
	// Decoders of zstd are expensive to make. They have no goroutines of their
	// own, so the collector may take them.
	zstd sync.Pool
}

// decode unpacks and reads a batch. What cannot be read of a record costs
// the record, as long as its number can; a batch in which numbers are missing or
// wrong costs all of it.
func (u *unpacker) decode(encoding string, packed []byte) (*ingest.LiveBatch, error) {
	raw, err := u.unpack(encoding, packed)
	if err != nil {
		return nil, err
	}
	d := batchDecoder{batch: &ingest.LiveBatch{Bytes: len(raw)}}
	for line := range bytes.SplitSeq(raw, []byte{'\n'}) {
		d.line++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := d.record(line); err != nil {
			return nil, err
		}
	}
	if d.records == 0 {
		return nil, malformed("the batch is empty")
	}
	return d.batch, nil
}

// batchDecoder reads a batch line by line.
type batchDecoder struct {
	batch   *ingest.LiveBatch
	line    int // from 1
	records int
	last    uint64 // number of the record before
}

func (d *batchDecoder) record(line []byte) error {
	if d.records++; d.records > wire.MaxRecords {
		return tooLarge("the batch has more than %d records", wire.MaxRecords)
	}
	if len(line) > wire.MaxLine {
		return tooLarge("line %d has %d bytes; a record may have %d", d.line, len(line), wire.MaxLine)
	}
	var p event.Process
	err := json.Unmarshal(line, &p)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return malformed("line %d is not JSON: %v, at byte %d", d.line, err, syntax.Offset)
	case err != nil:
		return d.unreadable(line, err)
	case p.Kind == event.GapKind:
		var g event.Gap
		if err := json.Unmarshal(line, &g); err != nil {
			return d.unreadable(line, err)
		}
		d.batch.Gaps = append(d.batch.Gaps, g)
	default:
		d.batch.Events = append(d.batch.Events, p)
	}
	return d.number(p.Seq)
}

// unreadable notes a record that is JSON, and no event.
func (d *batchDecoder) unreadable(line []byte, cause error) error {
	var numbered struct {
		Seq uint64 `json:"seq"`
	}
	if err := json.Unmarshal(line, &numbered); err != nil {
		return malformed("line %d has no number: %.300s", d.line, err)
	}
	reason := cause.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](cause); ok {
		reason = fmt.Sprintf("%.80s cannot be a %.40s", wrong.Field, wrong.Value)
	}
	d.batch.Refused = append(d.batch.Refused, ingest.Unreadable{Seq: numbered.Seq, Reason: reason})
	return d.number(numbered.Seq)
}

// number holds the records to ascending numbers.
func (d *batchDecoder) number(seq uint64) error {
	switch {
	case seq == 0:
		return fail(http.StatusUnprocessableEntity, wire.CodeSequence, "line %d has no number: seq must be 1 or more", d.line)
	case seq > math.MaxInt64:
		return fail(http.StatusUnprocessableEntity, wire.CodeSequence, "line %d has the number %d, which is too large", d.line, seq)
	case seq <= d.last:
		return fail(http.StatusUnprocessableEntity, wire.CodeSequence, "line %d has the number %d, and the record before it %d: numbers must ascend", d.line, seq, d.last)
	case d.last > 0 && seq-d.last > wire.MaxJump:
		return fail(http.StatusUnprocessableEntity, wire.CodeSequence, "line %d has the number %d, and the record before it %d: that is too far", d.line, seq, d.last)
	}
	d.last = seq
	return nil
}

// unpack returns what was sent as it was before it was packed, up to
// wire.MaxUnpacked bytes.
func (u *unpacker) unpack(encoding string, packed []byte) ([]byte, error) {
	var r io.Reader
	switch strings.ToLower(encoding) {
	case "zstd":
		d, err := u.zstdDecoder(packed)
		if err != nil {
			return nil, err
		}
		defer func() {
			if d.Reset(nil) == nil { // it lets go of what it has read
				u.zstd.Put(d)
			}
		}()
		r = d
	case "gzip":
		d, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, malformed("the batch is not gzip: %v", err)
		}
		r = d
	case "", "identity":
		return packed, nil
	default:
		return nil, fail(http.StatusUnsupportedMediaType, wire.CodeMalformed, "the Content-Encoding is %.40q; it must be zstd or gzip", encoding)
	}
	raw := bytes.NewBuffer(make([]byte, 0, min(8*len(packed)+bytes.MinRead, wire.MaxUnpacked)))
	n, err := raw.ReadFrom(io.LimitReader(r, wire.MaxUnpacked+1))
	switch {
	case n > wire.MaxUnpacked:
		return nil, tooLarge("the batch has more than %d bytes when it is unpacked", wire.MaxUnpacked)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return nil, tooLarge("the batch is packed with a window of more than %d bytes", maxWindow)
	case err != nil:
		return nil, malformed("the batch cannot be unpacked: %v", err)
	}
	return raw.Bytes(), nil
}

func (u *unpacker) zstdDecoder(packed []byte) (*zstd.Decoder, error) {
	if d, ok := u.zstd.Get().(*zstd.Decoder); ok {
		if err := d.Reset(bytes.NewReader(packed)); err != nil {
			return nil, malformed("the batch is not zstd: %v", err)
		}
		return d, nil
	}
	d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(wire.MaxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("make a decoder of zstd: %w", err)
	}
	return d, nil
}
