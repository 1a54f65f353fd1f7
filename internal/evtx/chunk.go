package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/eljefe/eljefe/internal/fault"
)

// Layout of a chunk's header and of a record. All numbers are little-endian.
const (
	chunkOffFree     = 48 // uint32: end of the last record, from the chunk's beginning
	chunkOffChecksum = 52 // uint32: CRC32 of the records, up to the free-space offset

	recordSignature  = "**\x00\x00"
	recordOffSize    = 4  // uint32: bytes of the record, header and the copy of the size at its end included
	recordOffNumber  = 8  // uint64
	recordOffWritten = 16 // FILETIME
	recordHeaderSize = 24
	recordSizeCopy   = 4                      // bytes at the end that repeat the size
	recordTrailer    = 1 + 7 + recordSizeCopy // at most: end of the binary XML, padding to 8 bytes, copy of the size
	recordMinSize    = recordHeaderSize + recordSizeCopy
)

// A chunkReader walks through the records of one chunk.
type chunkReader struct {
	dec    *decoder
	data   []byte // the chunk; shorter than chunkSize only at the end of the file
	offset int64  // where the chunk begins in the file
	number int    // of the chunk in the file
	yield  func(*Record, error) bool

	free     int  // end of the records as the header has it, or of the chunk where that is nonsense
	freeKnow bool // whether free came from the header
	sought   int  // next's last question
	found    int  // and answer
	checksum int8 // 0 not computed, 1 right or unknown, -1 wrong
}

// read yields the chunk's records and damages. It returns false once the
// consumer wants no more.
func (c *chunkReader) read() bool {
	if len(c.data) < chunkHeaderSize {
		if allZero(c.data) {
			return true
		}
		return c.damage(0, 0, fault.Sayf("the file ends inside a chunk's header, after %d of %d bytes", len(c.data), chunkHeaderSize).Coded("evtx_cut_chunk_header", "bytes", "of"))
	}
	c.free = int(min(binary.LittleEndian.Uint32(c.data[chunkOffFree:]), chunkSize+1))
	c.freeKnow = c.free >= chunkHeaderSize && c.free <= chunkSize
	if !c.freeKnow {
		c.free = chunkSize
	}
	if string(c.data[:len(chunkSignature)]) != chunkSignature {
		// Space reserved and not yet used is zero. Where the header alone is
		// hurt, the records may be good.
		if !c.recordAt(chunkHeaderSize) {
			return allZero(c.data[:chunkHeaderSize]) || c.damage(0, 0, fault.Sayf("the chunk lacks its signature ElfChnk and has no records").Coded("evtx_chunk_empty"))
		}
		if !c.damage(0, 0, fault.Sayf("the chunk lacks its signature ElfChnk").Coded("evtx_chunk_unsigned")) {
			return false
		}
	}
	if !c.records() {
		return false
	}
	if len(c.data) < chunkSize {
		return c.damage(len(c.data), 0, fault.Sayf("the file ends inside a chunk, after %d of %d bytes", len(c.data), chunkSize).Coded("evtx_cut_chunk", "bytes", "of"))
	}
	return true
}

// records walks from record to record. A live log's header is written later
// than its records, so the walk goes on behind the free-space offset as long as
// the records' numbers follow each other; what stands there otherwise is left
// over from an earlier use of the space.
func (c *chunkReader) records() bool {
	c.dec.reset(c.data)
	end := min(c.free, len(c.data))
	var last uint64 // number of the last record met
	for pos := chunkHeaderSize; pos+recordMinSize <= len(c.data); {
		if !c.recordAt(pos) {
			if pos >= end || !c.freeKnow && allZero(c.data[pos:]) {
				return true
			}
			next := c.next(pos+1, end)
			reason := fault.Sayf("no record where one should begin; %d bytes skipped", next-pos).Coded("evtx_no_record", "bytes")
			if !c.damage(pos, 0, reason) {
				return false
			}
			pos = next
			continue
		}
		number := binary.LittleEndian.Uint64(c.data[pos+recordOffNumber:])
		stop, whole := c.extent(pos)
		if pos >= end && (!whole || last != 0 && number != last+1) {
			return true
		}
		body := stop - recordSizeCopy
		if !whole {
			// The size is wrong, or the record is cut: it ends at the latest
			// where the next one begins. What it says decides.
			stop = c.next(pos+recordHeaderSize, end)
			body = stop
		}
		rec, err := c.dec.record(pos, body)
		switch {
		case err == nil:
			rec.Number = number
			rec.Written = filetime(binary.LittleEndian.Uint64(c.data[pos+recordOffWritten:]))
			if rec.RecordID == 0 {
				rec.RecordID = number
			}
			if !c.yield(rec, nil) || !whole && !c.gap(c.dec.stop, stop) {
				return false
			}
		case !c.damage(pos, number, err):
			return false
		}
		last, pos = number, stop
	}
	return true
}

// gap reports what stands between the end of a record's content and the next
// record, if that is more than a record's trailer: it was a record, or several.
func (c *chunkReader) gap(from, to int) bool {
	if to-from <= recordTrailer || !c.freeKnow && to == len(c.data) && allZero(c.data[from:]) {
		return true
	}
	return c.damage(from, 0, fault.Sayf("no record where one should begin; %d bytes skipped", to-from).Coded("evtx_no_record", "bytes"))
}

// recordAt tells whether a record's signature stands at pos.
func (c *chunkReader) recordAt(pos int) bool {
	return len(c.data)-pos >= recordMinSize && string(c.data[pos:pos+len(recordSignature)]) == recordSignature
}

// extent returns where the record at pos ends by its own size, and whether that
// is confirmed: by the copy of the size at that end, and by what follows there.
// (Where all records have the same size, a size too large by 8 finds the next
// record's size as its copy.)
func (c *chunkReader) extent(pos int) (end int, whole bool) {
	size := binary.LittleEndian.Uint32(c.data[pos+recordOffSize:])
	if size < recordMinSize || int64(size) > int64(len(c.data)-pos) {
		return 0, false
	}
	end = pos + int(size)
	if binary.LittleEndian.Uint32(c.data[end-recordSizeCopy:]) != size {
		return end, false
	}
	return end, end >= c.free || c.recordAt(end) || !bytes.Contains(c.data[pos+recordHeaderSize:end], []byte(recordSignature))
}

// next returns where the first whole record begins that lies between pos and end;
// or end. As the walk asks for ever later places, the answer is kept: a chunk
// full of forged beginnings is searched once.
func (c *chunkReader) next(pos, end int) int {
	if pos >= c.sought && pos <= c.found {
		return c.found
	}
	c.sought = pos
	for pos < end {
		i := bytes.Index(c.data[pos:end], []byte(recordSignature))
		if i < 0 {
			break
		}
		pos += i
		if c.recordAt(pos) {
			if _, whole := c.extent(pos); whole {
				c.found = pos
				return pos
			}
		}
		pos++
	}
	c.found = max(pos, end)
	return c.found
}

// damage yields a RecordError for the place pos of the chunk.
func (c *chunkReader) damage(pos int, record uint64, reason error) bool {
	return c.yield(nil, &RecordError{
		Offset:  c.offset + int64(pos),
		Chunk:   c.number,
		Record:  record,
		Reason:  reason,
		Altered: c.altered(),
	})
}

// altered tells whether the checksum of the chunk's records is wrong, as far as
// all of them are there. It is computed only once something is wrong.
func (c *chunkReader) altered() bool {
	if c.checksum == 0 {
		c.checksum = 1
		if len(c.data) == chunkSize && (!c.freeKnow || c.sum() != binary.LittleEndian.Uint32(c.data[chunkOffChecksum:])) {
			c.checksum = -1
		}
	}
	return c.checksum < 0
}

// sum computes the checksum of the chunk's records.
func (c *chunkReader) sum() uint32 { return crc32.ChecksumIEEE(c.data[chunkHeaderSize:c.free]) }
