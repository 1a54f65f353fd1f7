// Package evtx reads Windows event logs (.evtx files) and turns the process
// records of Sysmon (1, 5) and of security auditing (4688, 4689) into events.
//
// The reader is made for files that come on a stick: copied from a running
// machine, cut short, damaged, or forged. It holds one chunk of 64 KiB at a
// time, so a file's size does not matter; it delivers every record that can be
// decoded and reports every place where one could not; it neither panics nor
// spends more than a bounded time on a chunk, whatever the bytes say.
//
// It trusts neither the file header's chunk count, nor a chunk's free-space
// offset, nor the size in a record's header. Checksums are not enforced: a log
// taken from a running system has stale ones, and its records are good. They
// only help to explain damage, see RecordError.
//
// What is decoded is what a collector needs: the System fields and the named
// values of EventData and UserData. It is not an XML renderer.
//
// The format was never published in full; what is used here is documented in
// [MS-EVEN6] (binary XML) and by Joachim Metz's libevtx documentation.
package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/eljefe/eljefe/internal/fault"
)

// Layout of the file.
const (
	fileSignature   = "ElfFile\x00"
	fileHeaderSize  = 4096 // bytes kept for the file header, of which 128 are used
	fileHeaderUsed  = 128
	fileOffBlock    = 40 // uint16: bytes before the first chunk, always 4096 so far
	chunkSize       = 64 << 10
	chunkSignature  = "ElfChnk\x00"
	chunkHeaderSize = 512 // header, table of common strings, table of templates
)

// ErrNotEVTX means that the input is no Windows event log at all.
var ErrNotEVTX = errors.New("not an EVTX file: the signature ElfFile is missing")

// A RecordError reports a damaged place in a log. Reading goes on behind it.
type RecordError struct {
	Offset int64  // of the damage, in bytes from the beginning of the file
	Chunk  int    // number of the chunk in the file, from 0
	Record uint64 // number in the damaged record's header; 0 where not even that is known
	Reason error  // what is wrong

	// Altered tells that the chunk's checksum does not fit its records: they
	// were changed after they were written, or the log was copied while it
	// was in use. Where it is false, the bytes are as Windows wrote them, and
	// this reader does not understand them.
	Altered bool
}

func (e *RecordError) Error() string {
	where := fmt.Sprintf("chunk %d, offset %#x", e.Chunk, e.Offset)
	if e.Record != 0 {
		where += fmt.Sprintf(", record %d", e.Record)
	}
	if e.Altered {
		return where + ": " + e.Reason.Error() + " (the chunk's checksum does not match)"
	}
	return where + ": " + e.Reason.Error()
}

// Unwrap returns the reason.
func (e *RecordError) Unwrap() error { return e.Reason }

// A Reader reads one log from its beginning to its end. It is not safe for
// concurrent use.
type Reader struct {
	src    io.Reader
	closer io.Closer // nil if the source is the caller's
	offset int64     // bytes read so far
	chunks int       // chunks read so far
	early  error     // damage found in the file header, reported first
	buf    []byte    // one chunk
	dec    decoder
}

// Open opens the log in the file called name. The caller closes the Reader.
func Open(name string) (*Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open event log: %w", err)
	}
	r, err := NewReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open event log %s: %w", name, err)
	}
	r.closer = f
	return r, nil
}

// NewReader reads the file header from src. The error is ErrNotEVTX, possibly
// wrapped, if it does not begin like a log, or that of src.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{src: src, buf: make([]byte, chunkSize)}
	header := r.buf[:fileHeaderSize]
	n, err := io.ReadFull(src, header)
	r.offset = int64(n)
	short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case err != nil && !short:
		return nil, fmt.Errorf("read file header: %w", err)
	case n == 0:
		return nil, fmt.Errorf("%w; the file is empty", ErrNotEVTX)
	case n < len(fileSignature) || string(header[:len(fileSignature)]) != fileSignature:
		return nil, ErrNotEVTX
	case short:
		r.early = &RecordError{Offset: r.offset, Reason: fault.Sayf("the file ends inside its header, after %d of %d bytes", n, fileHeaderSize).Coded("evtx_cut_header", "bytes", "of")}
		return r, nil
	}
	// Every known file has 4,096 here. A larger value is followed, a smaller
	// one is damage.
	block := int64(binary.LittleEndian.Uint16(header[fileOffBlock:]))
	if block > fileHeaderSize {
		skipped, err := io.CopyN(io.Discard, src, block-fileHeaderSize)
		r.offset += skipped
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read file header: %w", err)
		}
	}
	return r, nil
}

// Close closes the file that Open opened. It does nothing for a NewReader.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Offset tells how many bytes of the file have been read, for showing progress.
func (r *Reader) Offset() int64 { return r.offset }

// Records returns the log's records in the order of the file. It can be
// consumed once. For a damaged place the record is nil and the error a
// *RecordError, and the iteration goes on; any other error comes from the
// source, and is the last.
//
// The Record is used again for the next one: what is to be kept must be copied,
// see Record.Clone.
func (r *Reader) Records() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		if err := r.early; err != nil {
			r.early = nil
			if !yield(nil, err) {
				return
			}
		}
		for {
			start := r.offset
			n, err := io.ReadFull(r.src, r.buf)
			r.offset += int64(n)
			short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			if n > 0 {
				c := chunkReader{dec: &r.dec, data: r.buf[:n], offset: start, number: r.chunks, yield: yield}
				r.chunks++
				if !c.read() {
					return
				}
			}
			switch {
			case short:
				return
			case err != nil:
				yield(nil, fmt.Errorf("read chunk %d: %w", r.chunks, err))
				return
			}
		}
	}
}

// allZero tells whether b holds nothing but zeros, as space reserved does.
func allZero(b []byte) bool {
	return len(bytes.TrimLeft(b, "\x00")) == 0
}
