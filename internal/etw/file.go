package etw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Layout of a file: buffers, each with a header.
const (
	bufferHead     = 72
	bufferOffSize  = 0  // uint32: bytes of the buffer in the file
	bufferOffSaved = 4  // uint32: bytes used of the expanded buffer, with the header
	bufferOffUsed  = 48 // uint32: the same; the only one in the first buffer of some systems
	bufferOffFlags = 52 // uint16
	bufferOffType  = 54 // uint16

	bufferCompressed = 0x40
	bufferTypeHeader = 4 // the buffer that begins with the file's header

	maxBuffer = 16 << 20 // bytes; Windows allows as much
)

// ErrNotETL means that the input is no event trace at all.
var ErrNotETL = errors.New("not an ETL file: it does not begin with the header of an event trace")

// A FileError reports a damaged place in a file. Reading goes on behind it.
type FileError struct {
	Offset int64 // of the buffer, in bytes from the beginning of the file
	Buffer int   // its number, from 0
	Within int   // of the damage, in the expanded buffer; 0: all of it
	Reason error
}

func (e *FileError) Error() string {
	where := fmt.Sprintf("buffer %d, offset %#x", e.Buffer, e.Offset)
	if e.Within > 0 {
		where += fmt.Sprintf(", byte %#x of it", e.Within)
	}
	return where + ": " + e.Reason.Error()
}

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Reason }

// A File is an ETL file. It holds one buffer at a time, so the size of the file
// does not matter. It is not safe for concurrent use.
type File struct {
	src    io.ReaderAt
	closer io.Closer // nil if the source is the caller's
	size   int64
	header Header
	clock  clock
	offset int64 // of what is read next

	stored, expanded []byte // one buffer, as it stands in the file, and expanded
}

// OpenFile opens the file called name. The caller closes it.
func OpenFile(name string) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open event trace: %w", err)
	}
	info, err := file.Stat()
	var f *File
	if err == nil {
		f, err = NewReader(file, info.Size())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open event trace %s: %w", name, err), file.Close())
	}
	f.closer = file
	return f, nil
}

// IsTrace tells whether a file that begins with head may be an ETL file. It wants
// to see 512 bytes.
func IsTrace(head []byte) bool {
	if len(head) < bufferHead+systemHead {
		return false
	}
	first := head[bufferHead:]
	size := binary.LittleEndian.Uint32(head[bufferOffSize:])
	return size >= bufferHead+systemHead && size <= maxBuffer &&
		binary.LittleEndian.Uint16(head[bufferOffType:]) == bufferTypeHeader &&
		(first[2] == typeSystem32 || first[2] == typeSystem64) && first[6] == 0 && first[7] == groupTrace
}

// NewReader reads the header of a file of that size. The error is ErrNotETL,
// possibly wrapped, if it does not begin like one, or that of src.
func NewReader(src io.ReaderAt, size int64) (*File, error) {
	f := &File{src: src, size: size}
	head := make([]byte, 512)
	n, err := src.ReadAt(head, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read file header: %w", err)
	case n == 0:
		return nil, fmt.Errorf("%w; the file is empty", ErrNotETL)
	case !IsTrace(head[:n]):
		return nil, ErrNotETL
	}
	body, _, err := f.buffer(0)
	if err != nil {
		return nil, fmt.Errorf("read file header: %w", err)
	}
	if f.header, f.clock, err = readHeader(body); err != nil {
		return nil, fmt.Errorf("read file header: %w", err)
	}
	return f, nil
}

// Close closes the file that OpenFile opened. It does nothing for a NewReader.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Header returns what the file says of itself.
func (f *File) Header() Header { return f.header }

// Offset tells how many bytes of the file have been read, for showing progress.
func (f *File) Offset() int64 { return f.offset }

// Records returns the records in the order of the file, which is not that of
// time: each processor fills buffers of its own. It may be called again. For a
// damaged place the record is nil and the error a *FileError, and the iteration
// goes on; any other error comes from the source, and is the last.
//
// The Record and its payload are used again for the next one.
func (f *File) Records() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		w := walker{file: f, yield: yield}
		number := 0
		for f.offset = 0; f.offset < f.size; number++ {
			at := f.offset
			body, next, err := f.buffer(at)
			f.offset = next
			var damage *FileError
			switch {
			case errors.As(err, &damage):
				damage.Buffer = number
				if !yield(nil, damage) {
					return
				}
			case err != nil:
				yield(nil, fmt.Errorf("read buffer %d: %w", number, err))
				return
			}
			if !w.buffer(body, at, number, damage != nil) {
				return
			}
		}
	}
}

// buffer reads the buffer at the offset, and returns what it holds behind its
// header, and where the next one begins. With an error, it returns as much as
// there is.
func (f *File) buffer(offset int64) (body []byte, next int64, err error) {
	damaged := func(format string, a ...any) error {
		return &FileError{Offset: offset, Reason: fmt.Errorf(format, a...)}
	}
	var head [bufferHead]byte
	n, err := f.src.ReadAt(head[:], offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, f.size, err
	}
	if n < bufferHead {
		return nil, f.size, damaged("the file ends inside the header of a buffer, after %d of %d bytes", n, bufferHead)
	}
	size := int64(binary.LittleEndian.Uint32(head[bufferOffSize:]))
	if size < bufferHead || size > maxBuffer {
		next, err := f.search(offset)
		if err != nil {
			return nil, f.size, err
		}
		return nil, next, damaged("the buffer says that it has %d bytes; reading goes on at %#x", size, next)
	}
	var short error
	if left := f.size - offset; size > left {
		short = damaged("the file ends inside the buffer, after %d of %d bytes", left, size)
		size = left
	}
	if f.stored, err = f.read(f.stored, offset+bufferHead, int(size-bufferHead)); err != nil {
		return nil, f.size, err
	}
	used := binary.LittleEndian.Uint32(head[bufferOffSaved:])
	if used == 0 {
		used = binary.LittleEndian.Uint32(head[bufferOffUsed:])
	}
	next = offset + size
	if used < bufferHead || used > maxBuffer {
		return nil, next, damaged("the buffer says that %d bytes of it are used", used)
	}
	expect := int(used - bufferHead)
	if binary.LittleEndian.Uint16(head[bufferOffFlags:])&bufferCompressed == 0 {
		if len(f.stored) < expect && short == nil {
			short = damaged("the buffer says that %d of its %d bytes are used", used, size)
		}
		return f.stored[:min(expect, len(f.stored))], next, short
	}
	if cap(f.expanded) < expect {
		f.expanded = make([]byte, 0, expect)
	}
	f.expanded, err = expand(f.expanded[:0], f.stored, expect)
	if short == nil && err != nil {
		short = &FileError{Offset: offset, Within: bufferHead + len(f.expanded), Reason: err}
	}
	return f.expanded, next, short
}

// read fills b with n bytes of the file.
func (f *File) read(b []byte, offset int64, n int) ([]byte, error) {
	if cap(b) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	if got, err := f.src.ReadAt(b, offset); got < n {
		return b[:0], fmt.Errorf("read %d bytes at %#x: %w", n, offset, err)
	}
	return b, nil
}

// search returns where, behind a damaged place, the next buffer seems to begin,
// or the end of the file. A compressed buffer may begin anywhere.
func (f *File) search(after int64) (int64, error) {
	const step = 64 << 10
	for at := after + 1; at < f.size; at += step {
		var err error
		n := min(step+bufferHead, f.size-at)
		if f.stored, err = f.read(f.stored, at, int(n)); err != nil {
			return f.size, err
		}
		for i := 0; i < step && i+bufferHead <= len(f.stored); i++ {
			if f.looksLikeBuffer(f.stored[i:], f.size-at-int64(i)) {
				return at + int64(i), nil
			}
		}
	}
	return f.size, nil
}

// looksLikeBuffer tells whether b begins like the header of a buffer: what it
// says twice is the same, and within what the file's header says.
func (f *File) looksLikeBuffer(b []byte, left int64) bool {
	size, saved := binary.LittleEndian.Uint32(b[bufferOffSize:]), binary.LittleEndian.Uint32(b[bufferOffSaved:])
	return saved > bufferHead && saved == binary.LittleEndian.Uint32(b[bufferOffUsed:]) &&
		size > bufferHead && int64(size) <= left && size <= maxBuffer && saved <= max(f.header.BufferSize, bufferHead) &&
		(size >= saved || binary.LittleEndian.Uint16(b[bufferOffFlags:])&bufferCompressed != 0) &&
		binary.LittleEndian.Uint16(b[bufferOffType:]) <= bufferTypeHeader
}
