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
	// What unpacks is expensive to make. It has no goroutines of its own, so the
	// collector may take it.
	idle  sync.Pool
	tails sync.Pool // of *tail, that nobody uses
}

// tail is what a context can remember of a batch.
type tail struct {
	name  string // of the context then
	lines []byte
}

// unpacking is what one batch at a time is unpacked and decoded with.
type unpacking struct {
	alone     *zstd.Decoder // of batches that build on nothing; nil: none was needed yet
	onContext *zstd.Decoder // of those that build on what was stored before, likewise
	raw       []byte        // has what was unpacked last
	events    event.Decoder
}

// mostIdle is how large a buffer may be that waits for the next batch.
const mostIdle = 1 << 20

// decode unpacks and reads a batch. What cannot be read of a record costs the record, as long as its number can; a
// batch in which numbers are missing or wrong costs all of it. on is the context
// that it is packed on, nil where it stands alone. What that can remember of the
// batch is to be given to release; nil: nothing.
func (u *unpacker) decode(encoding string, packed []byte, on *wire.Context) (_ *ingest.LiveBatch, last *tail, err error) {
	with, ok := u.idle.Get().(*unpacking)
	if !ok {
		with = new(unpacking)
	}
	defer func() {
		if cap(with.raw) > mostIdle {
			with.raw = nil
		}
		u.idle.Put(with)
	}()
	raw, err := with.unpack(encoding, packed, on)
	if err != nil {
		return nil, nil, err
	}
	d := batchDecoder{batch: &ingest.LiveBatch{Bytes: len(raw)}, events: &with.events}
	// Room is made at once for as many events as there can be, unless most lines
	// are too short to be one.
	d.batch.Events = make([]event.Process, 0, min(bytes.Count(raw, []byte{'\n'})+1, len(raw)/100+1, wire.MaxRecords))
	for line := range bytes.SplitSeq(raw, []byte{'\n'}) {
		d.line++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := d.record(line); err != nil {
			return nil, nil, err
		}
	}
	if d.records == 0 {
		return nil, nil, malformed("the batch is empty")
	}
	if on != nil {
		if last, ok = u.tails.Get().(*tail); !ok {
			last = new(tail)
		}
		last.name, last.lines = on.After(packed), append(last.lines[:0], wire.ContextTail(raw)...)
	}
	return d.batch, last, nil
}

// release takes back what decode returned.
func (u *unpacker) release(last *tail) {
	if last != nil {
		u.tails.Put(last)
	}
}

// batchDecoder reads a batch line by line.
type batchDecoder struct {
	batch   *ingest.LiveBatch
	events  *event.Decoder
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
	// An event is large: it is decoded where it stays.
	before := d.batch.Events
	d.batch.Events = append(before, event.Process{})
	p := &d.batch.Events[len(before)]
	err := d.events.Decode(line, p)
	seq := p.Seq
	if err == nil {
		switch kind := p.Kind; kind {
		default:
			return d.number(seq)
		case event.GapKind, event.DevicePlugged, event.DevicePresent, event.DeviceRemoved:
			seq, err = d.other(line, kind)
		}
	}
	d.batch.Events = before
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return malformed("line %d is not JSON: %v, at byte %d", d.line, err, syntax.Offset)
	}
	if err != nil {
		return d.unreadable(line, err)
	}
	return d.number(seq)
}

// other reads a record that is no event of a process, and returns its number.
func (d *batchDecoder) other(line []byte, kind event.Kind) (seq uint64, err error) {
	if kind == event.GapKind {
		var g event.Gap
		if err := json.Unmarshal(line, &g); err != nil {
			return 0, err
		}
		d.batch.Gaps = append(d.batch.Gaps, g)
		return g.Seq, nil
	}
	var v event.Device
	if err := json.Unmarshal(line, &v); err != nil {
		return 0, err
	}
	d.batch.Devices = append(d.batch.Devices, v)
	return v.Seq, nil
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
// wire.MaxUnpacked bytes. It is good until the next call, and as long as packed.
func (u *unpacking) unpack(encoding string, packed []byte, on *wire.Context) (raw []byte, err error) {
	encoding = strings.ToLower(encoding)
	if on != nil && encoding != "zstd" {
		return nil, fail(http.StatusUnsupportedMediaType, wire.CodeMalformed, "the Content-Encoding is %.40q; with the header %s it must be zstd", encoding, wire.ContextHeader)
	}
	switch encoding {
	case "zstd":
		decoder, err := u.decoder(on)
		if err != nil {
			return nil, fmt.Errorf("make a decoder of zstd: %w", err)
		}
		if u.raw, err = decoder.DecodeAll(packed, u.raw[:0]); err != nil {
			return nil, unpackError(encoding, err)
		}
	case "gzip":
		if u.raw, err = gunzip(packed, u.raw[:0]); err != nil {
			return nil, unpackError(encoding, err)
		}
	case "", "identity":
		return packed, nil
	default:
		return nil, fail(http.StatusUnsupportedMediaType, wire.CodeMalformed, "the Content-Encoding is %.40q; it must be zstd or gzip", encoding)
	}
	if len(u.raw) > wire.MaxUnpacked {
		return nil, unpackError(encoding, zstd.ErrDecoderSizeExceeded)
	}
	return u.raw, nil
}

func unpackError(encoding string, err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return tooLarge("the batch is packed with a window of more than %d bytes", maxWindow)
	case errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return tooLarge("the batch has more than %d bytes when it is unpacked", wire.MaxUnpacked)
	}
	return malformed("the batch cannot be unpacked as %s: %v", encoding, err)
}

// decoder returns one for a batch that is packed on a context. It never unpacks a
// batch with what it was given for another: one that stands alone has its own.
func (u *unpacking) decoder(on *wire.Context) (_ *zstd.Decoder, err error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(wire.MaxUnpacked)}
	if on == nil || on.Empty() {
		if u.alone == nil {
			u.alone, err = zstd.NewReader(nil, options...)
		}
		return u.alone, err
	}
	if u.onContext == nil {
		if u.onContext, err = zstd.NewReader(nil, options...); err != nil {
			return nil, err
		}
	}
	return u.onContext, u.onContext.ResetWithOptions(nil, zstd.WithDecoderDictRaw(0, on.Content()))
}

// gunzip appends to raw what was packed, up to a byte more than is allowed.
func gunzip(packed, raw []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return raw, err
	}
	to := bytes.NewBuffer(raw)
	_, err = to.ReadFrom(io.LimitReader(r, wire.MaxUnpacked+1))
	return to.Bytes(), err
}
