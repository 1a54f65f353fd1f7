package pe

import (
	"bytes"
	"errors"
	"io"
)

// What is read of one file, at most.
const (
	pageSize  = 16 << 10
	heldPages = 8
	mostPages = 4096 // 64 MB of headers, tables and names
)

// ErrTooMuch says that no more is read of a file whose tables lead ever further.
var ErrTooMuch = errors.New("its tables lead to more data than is read")

// pages reads a file in pieces and holds the last ones: tables lead to names and
// back, a few bytes each time.
type pages struct {
	r    io.ReaderAt
	size int64
	held [heldPages]page
	next int   // of held, the one that is replaced next
	left int   // pages that may still be read
	err  error // the first that is not the file's end
}

type page struct {
	at   int64 // of a page without data: nothing
	data []byte
}

// read reads up to len(buf) bytes at off. There may be fewer for whatever reason.
func (p *pages) read(buf []byte, off int64) (n int) {
	for n < len(buf) && off >= 0 && off < p.size {
		data := p.page(off - off%pageSize)
		within := int(off % pageSize)
		if within >= len(data) {
			break
		}
		got := copy(buf[n:], data[within:])
		n += got
		off += int64(got)
	}
	return n
}

// page returns the page that begins at at.
func (p *pages) page(at int64) []byte {
	for i := range p.held {
		if h := &p.held[i]; h.at == at && h.data != nil {
			return h.data
		}
	}
	if p.left--; p.left < 0 {
		p.note(ErrTooMuch)
		return nil
	}
	h := &p.held[p.next]
	p.next = (p.next + 1) % heldPages
	if cap(h.data) == 0 {
		h.data = make([]byte, pageSize)
	}
	n, err := p.r.ReadAt(h.data[:min(pageSize, p.size-at)], at)
	if err != nil && err != io.EOF {
		p.note(err)
	}
	h.at, h.data = at, h.data[:n]
	return h.data
}

func (p *pages) note(err error) {
	if p.err == nil {
		p.err = err
	}
}

// fail returns why reading failed, if it did, and otherwise err: what seems damaged
// may not have been read.
func (p *pages) fail(err error) error {
	if p.err != nil {
		return p.err
	}
	return err
}

// A place is where in the file an address of the image is.
type place struct {
	off  int64
	n    int64 // bytes there are in the file, at most; with those that fill up the last page
	used int64 // of those, what belongs to the section
}

// place finds the address. Where nothing of the file is mapped, n is 0.
func (f *File) place(address uint32) place {
	for i := range f.Sections {
		s := &f.Sections[i]
		virtual := int64(s.VirtualSize)
		if virtual == 0 {
			virtual = int64(s.Size)
		}
		within := int64(address) - int64(s.VirtualAddress)
		if within < 0 || within >= (virtual+0xfff)&^0xfff {
			continue
		}
		off := int64(s.Offset)
		if f.sectionAlignment >= 0x1000 && f.fileAlignment >= 0x200 {
			off &^= 0x1ff // as the loader does it
		}
		mapped := min(int64(s.Size), (virtual+0xfff)&^0xfff)
		return place{off + within, max(0, mapped-within), max(0, min(mapped, virtual)-within)}
	}
	if address < f.headers {
		n := int64(f.headers - address)
		return place{int64(address), n, n}
	}
	return place{}
}

// Place returns where in the file the address is, and how many bytes of the file are
// mapped from there on: 0 where it has none.
func (f *File) Place(address uint32) (off, n int64) {
	p := f.place(address)
	return p.off, p.n
}

// Err returns why the file could not be read, if it could not: what seems damaged or
// missing then may not be.
func (f *File) Err() error { return f.pages.err }

// ReadAddress reads what the image has at an address and an offset from it.
func (f *File) ReadAddress(buf []byte, address, offset uint32) int {
	if uint64(address)+uint64(offset) > 1<<32-1 {
		return 0
	}
	p := f.place(address + offset)
	return f.pages.read(buf[:min(int64(len(buf)), p.n)], p.off)
}

// Text reads a text that a NUL ends, of at most most bytes. Its end may be that
// of the section; beyond most there is no text.
func (f *File) Text(address uint32, most int) (string, bool) {
	var out []byte
	p := f.place(address)
	for p.n > 0 && len(out) <= most {
		var buf [64]byte
		n := f.pages.read(buf[:min(int64(len(buf)), p.n)], p.off)
		if n == 0 {
			break
		}
		if end := bytes.IndexByte(buf[:n], 0); end >= 0 {
			out = append(out, buf[:end]...)
			return string(out), len(out) <= most
		}
		out = append(out, buf[:n]...)
		p.off, p.n = p.off+int64(n), p.n-int64(n)
	}
	return string(out), len(out) > 0 && len(out) <= most
}

// text returns what stands before the first NUL.
func text(b []byte) string {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}
