package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// The layout of a segment file; the package comment describes it.
const (
	segmentMagic   = "ELJSPOOL"
	segmentVersion = 1
	headerSize     = 32
	frameSize      = 28 // before the payload
	maxPayload     = MaxRecord + lossSize

	// Neither byte occurs in UTF-8, so nothing in a record's text, however
	// hostile, is taken for the beginning of a frame.
	marker = "\xff\xfe"
)

// What a frame holds.
const (
	kindRecord = 1 // a record as it was appended
	kindNotice = 2 // a loss, and the record that tells the server of it
	kindHole   = 3 // no record: the numbers up to this frame's are not here, and that is counted
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A frame is one entry of a segment, decoded. Its payload lies in the bytes it
// was decoded from.
type frame struct {
	kind    byte
	seq     uint64
	time    int64 // of appending, in nanoseconds since 1970
	payload []byte
	size    int // of the whole frame
}

// data returns the record that the frame carries.
func (f frame) data() []byte {
	if f.kind == kindNotice {
		return f.payload[lossSize:]
	}
	return f.payload
}

// record returns the frame as a reader gets it.
func (f frame) record() Record {
	return Record{Seq: f.seq, Time: time.Unix(0, f.time).UTC(), Data: f.data()}
}

// appendHeader appends the header of the segment whose first number is first.
func appendHeader(b []byte, first uint64) []byte {
	start := len(b)
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint32(b, segmentVersion)
	b = binary.LittleEndian.AppendUint64(b, first)
	b = append(b, make([]byte, 8)...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseHeader returns the version and first number that a segment's header
// names, and whether the header is whole.
func parseHeader(b []byte) (version uint32, first uint64, ok bool) {
	if len(b) < headerSize || string(b[:8]) != segmentMagic ||
		crc32.Checksum(b[:headerSize-4], castagnoli) != binary.LittleEndian.Uint32(b[headerSize-4:]) {
		return 0, 0, false
	}
	return binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint64(b[12:]), true
}

// appendFrame appends a frame whose payload is the concatenation of parts.
func appendFrame(b []byte, kind byte, seq uint64, at int64, parts ...[]byte) []byte {
	start := len(b)
	b = append(b, marker...)
	b = append(b, kind, 0)
	b = binary.LittleEndian.AppendUint32(b, 0) // the length, known below
	b = binary.LittleEndian.AppendUint64(b, seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	b = binary.LittleEndian.AppendUint32(b, 0) // the checksum, known below
	for _, p := range parts {
		b = append(b, p...)
	}
	f := b[start:]
	binary.LittleEndian.PutUint32(f[4:], uint32(len(f)-frameSize))
	binary.LittleEndian.PutUint32(f[24:], checksum(f))
	return b
}

// checksum covers all of a frame but the marker and the checksum itself.
func checksum(f []byte) uint32 {
	return crc32.Update(crc32.Checksum(f[2:24], castagnoli), castagnoli, f[frameSize:])
}

// parseFrame decodes the frame at the beginning of b. Where b ends before the
// frame does, it returns how many bytes it wants; where there is no frame, 0.
func parseFrame(b []byte) (f frame, wants int, ok bool) {
	if len(b) < frameSize {
		return frame{}, frameSize, false
	}
	kind, length := b[2], binary.LittleEndian.Uint32(b[4:])
	if string(b[:2]) != marker || b[3] != 0 || length > maxPayload {
		return frame{}, 0, false
	}
	switch {
	case kind == kindRecord, kind == kindNotice && length >= lossSize, kind == kindHole && length == 0:
	default:
		return frame{}, 0, false
	}
	size := frameSize + int(length)
	if len(b) < size {
		return frame{}, size, false
	}
	if checksum(b[:size]) != binary.LittleEndian.Uint32(b[24:]) {
		return frame{}, 0, false
	}
	return frame{
		kind:    kind,
		seq:     binary.LittleEndian.Uint64(b[8:]),
		time:    int64(binary.LittleEndian.Uint64(b[16:])),
		payload: b[frameSize:size:size],
		size:    size,
	}, size, true
}

// A span is a range of numbers, both ends included.
type span struct{ first, last uint64 }

// within returns how many numbers of the span lie in [first, last].
func (s span) within(first, last uint64) uint64 {
	first, last = max(first, s.first), min(last, s.last)
	if last < first {
		return 0
	}
	return last - first + 1
}

// A survey is what a segment's bytes hold.
type survey struct {
	first   uint64 // the first number that belongs in the segment
	newest  uint64 // the highest number of a record; first-1 where there is none
	covered uint64 // the highest number of a record or of a hole
	holes   []span // numbers that hole frames account for
	missing []span // numbers between frames that nothing accounts for
	end     int64  // offset behind the last frame
	damaged bool   // the header, or bytes between frames, could not be read
	torn    bool   // there are bytes behind the last frame
	version uint32 // of the format; 0 where the header is damaged
	frames  int
	latest  int64 // the time of the last frame
}

// examine walks through a segment that may hold the numbers from first to
// limit-1, calls each for every frame that is whole, in order, and says what is
// there. It trusts nothing in data: behind a damaged place it looks for the
// next frame whose checksum is right.
func examine(data []byte, first, limit uint64, each func(frame)) survey {
	sv := survey{first: first, newest: first - 1, covered: first - 1, end: headerSize}
	version, named, ok := parseHeader(data)
	if ok && named == first {
		sv.version = version
	} else {
		sv.damaged = true
	}
	skipped := false
	for off := min(headerSize, len(data)); off < len(data); {
		f, _, ok := parseFrame(data[off:])
		if !ok || f.seq <= sv.covered || f.seq >= limit {
			skipped = true
			next := bytes.Index(data[off+1:], []byte(marker))
			if next < 0 {
				break
			}
			off += 1 + next
			continue
		}
		sv.damaged = sv.damaged || skipped
		skipped = false
		switch {
		case f.kind == kindHole:
			sv.holes = append(sv.holes, span{sv.covered + 1, f.seq})
		case f.seq > sv.covered+1:
			sv.missing = append(sv.missing, span{sv.covered + 1, f.seq - 1})
		}
		sv.covered = f.seq
		if f.kind != kindHole {
			sv.newest = f.seq
		}
		if each != nil {
			each(f)
		}
		sv.frames++
		sv.latest = f.time
		off += f.size
		sv.end = int64(off)
	}
	sv.torn = sv.end < int64(len(data))
	return sv
}

// noLimit is the limit of a segment behind which there is no other.
const noLimit = math.MaxUint64
