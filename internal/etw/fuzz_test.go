package etw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

// fuzzRecords begins a fuzz test with records of each kind.
func fuzzRecords(f *testing.F, class string) {
	seen := map[[3]byte]bool{}
	for _, v := range vectors(f) {
		if kind := [3]byte{byte(v.ID), v.Opcode, v.Version}; v.Class == class && !seen[kind] {
			seen[kind] = true
			r := v.record(f)
			f.Add(byte(r.ID), r.Opcode, r.Version, r.PointerSize == 4, r.Payload)
		}
	}
}

// checkDecoded decodes a record, and tells what may not be.
func checkDecoded(t *testing.T, r *Record) {
	m, err := Decode(r)
	if err != nil {
		var e *DecodeError
		if !errors.As(err, &e) || e.Record == "" || e.Reason == "" || e.Offset > len(r.Payload) {
			t.Errorf("the error %v does not say what and where", err)
		}
		return
	}
	if m.DecodedAs > m.Version {
		t.Errorf("version %d was decoded as %d", m.Version, m.DecodedAs)
	}
	for _, text := range []string{m.Image, m.CommandLine, m.UserSID, m.Package, m.AppID, m.Label} {
		if !utf8.ValidString(text) {
			t.Errorf("the text %q is no UTF-8", text)
		}
	}
	j := NewJoiner(JoinerConfig{})
	j.Add(&m, r.Time)
	for _, got := range j.Flush() {
		_ = got.Event.Check()
		if got.Event.Kind == event.Stop && got.Event.ExitCode == nil {
			t.Error("an end without its code")
		}
	}
}

func FuzzManifest(f *testing.F) {
	fuzzRecords(f, "manifest")
	f.Fuzz(func(t *testing.T, id, opcode, version byte, narrow bool, payload []byte) {
		r := &Record{Provider: KernelProcess, ID: uint16(id), Opcode: opcode, Version: version, PointerSize: 8, Time: noon, Payload: payload}
		if narrow {
			r.PointerSize = 4
		}
		checkDecoded(t, r)
	})
}

func FuzzClassic(f *testing.F) {
	fuzzRecords(f, "system")
	f.Fuzz(func(t *testing.T, _, opcode, version byte, narrow bool, payload []byte) {
		r := &Record{Provider: Process, Classic: true, Opcode: opcode, Version: version, PointerSize: 8, Time: noon, Payload: payload}
		if narrow {
			r.PointerSize = 4
		}
		checkDecoded(t, r)
	})
}

func FuzzXpress(f *testing.F) {
	f.Add([]byte{0xff, 0xff, 0xff, 0x1f, 'a', 'b', 'c', 0x17, 0, 0xf, 0xff, 0x26, 1}, uint32(300))
	f.Add(compress([]byte("one and one and one and another one")), uint32(35))
	f.Fuzz(func(t *testing.T, packed []byte, size uint32) {
		size %= 1 << 20
		got, err := expand(nil, packed, int(size))
		if len(got) > int(size) || err == nil && len(got) != int(size) {
			t.Errorf("%d bytes of %d, %v", len(got), size, err)
		}
		// What is read is what was written.
		if got, err := expand([]byte("x"), compress(packed), len(packed)); err != nil || !bytes.Equal(got[1:], packed) {
			t.Errorf("%x came back as %x, %v", packed, got, err)
		}
	})
}

// FuzzFile damages a small trace. Memory is bounded by what one buffer may have.
func FuzzFile(f *testing.F) {
	plain, packed := smallTrace(false), smallTrace(true)
	f.Add(plain)
	f.Add(packed)
	f.Add(packed[:len(packed)-7])
	f.Add(plain[:bufferHead+systemHead])
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if facts, err := file.Facts(); err != nil || len(facts.Volumes) > maxVolumes {
			t.Errorf("facts %+v, %v", facts, err)
		}
		j := NewJoiner(JoinerConfig{})
		number := uint64(0)
		for r, err := range file.Records() {
			if damage := (*FileError)(nil); err != nil {
				if !errors.As(err, &damage) || damage.Offset > int64(len(b)) {
					t.Errorf("the error %v does not say where", err)
				}
				continue
			}
			if r.Number <= number {
				t.Errorf("record %d after %d", r.Number, number)
			}
			number = r.Number
			if m, err := Decode(r); err == nil {
				j.Add(&m, m.Time)
				j.Tick(m.Time)
			}
		}
		j.Flush()
		if cap(file.stored) > maxBuffer || cap(file.expanded) > maxBuffer {
			t.Errorf("buffers of %d and %d bytes", cap(file.stored), cap(file.expanded))
		}
	})
}

// smallTrace makes a file of a header and two buffers with a record of each type.
func smallTrace(packed bool) []byte {
	le := binary.LittleEndian
	header := make([]byte, systemHead+headOffTail64+headTail)
	header[0], header[2], header[3] = 2, typeSystem64, 0xc0
	le.PutUint16(header[4:], uint16(len(header)))
	h := header[systemHead:]
	le.PutUint32(h[headOffBufferSize:], 4096)
	le.PutUint32(h[headOffBuild:], 26100)
	le.PutUint32(h[headOffPointer:], 8)
	le.PutUint32(h[headOffLost:], 3)
	le.PutUint64(h[headOffTail64+8:], 1e7)
	le.PutUint64(h[headOffTail64+16:], toFiletime(noon))
	le.PutUint32(h[headOffTail64+24:], clockCounter)
	le.PutUint32(h[headOffTail64+28:], 1)
	file := buffer(header, bufferTypeHeader, false)

	config := make([]byte, 20)
	classic := classicRecord(opStart, 4, 8, classicFields{pid: 100, parent: 8, image: "a.exe", command: "a", sid: localSystem})
	records := bytes.Join([][]byte{
		kernelRecord(typeSystem64, systemHead, groupConfig, opConfigCPU, append(config, wide("STATION-1")...)),
		kernelRecord(typePerf64, perfHead, groupProcess, opRunningFirst, classic.Payload),
		kernelRecord(typeCompact64, compactHead, groupProcess, opStart, classic.Payload),
		eventRecord(idStart, 1, manifestPayload()),
		fullRecord(volumeClass, opVolume, append(append(make([]byte, 0, 64), wide(`\Device\HarddiskVolume1\`)...), wide(`C:\`)...)),
	}, nil)
	file = append(file, buffer(records, 0, packed)...)
	return append(file, buffer(kernelRecord(typeSystem64, systemHead, groupProcess, opStop, classic.Payload), 0, packed)...)
}

// buffer puts records into a buffer.
func buffer(records []byte, kind uint16, packed bool) []byte {
	le := binary.LittleEndian
	b := make([]byte, bufferHead, bufferHead+len(records))
	used := uint32(bufferHead + len(records))
	le.PutUint16(b[bufferOffType:], kind)
	if packed {
		records = compress(records)
		le.PutUint16(b[bufferOffFlags:], bufferCompressed)
	}
	b = append(b, records...)
	le.PutUint32(b[bufferOffSize:], uint32(len(b)))
	le.PutUint32(b[bufferOffSaved:], used)
	le.PutUint32(b[bufferOffUsed:], used)
	return b
}

// aligned ends a record as the next one wants it.
func aligned(b []byte) []byte {
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

func kernelRecord(kind byte, head int, group, opcode byte, payload []byte) []byte {
	le := binary.LittleEndian
	b := make([]byte, head, head+len(payload)+8)
	b[0], b[2], b[3], b[6], b[7] = 4, kind, 0xc0, opcode, group
	le.PutUint16(b[4:], uint16(head+len(payload)))
	stamp := b[8:]
	if head > perfHead {
		le.PutUint32(b[8:], 80)
		le.PutUint32(b[12:], 8)
		stamp = b[16:]
	}
	le.PutUint64(stamp, uint64(time.Second/100))
	return aligned(append(b, payload...))
}

func fullRecord(class GUID, opcode byte, payload []byte) []byte {
	b := make([]byte, fullHead, fullHead+len(payload)+8)
	binary.LittleEndian.PutUint16(b, uint16(fullHead+len(payload)))
	b[2], b[3], b[4] = typeFull64, 0xc0, opcode
	copy(b[24:], class[:])
	return aligned(append(b, payload...))
}

// eventRecord makes a record of Kernel-Process, with a start key before its payload.
func eventRecord(id uint16, version byte, payload []byte) []byte {
	le := binary.LittleEndian
	item := make([]byte, extendedHead+8)
	le.PutUint16(item[0:], uint16(len(item)))
	le.PutUint16(item[2:], extendedStartKey)
	le.PutUint16(item[6:], 8)
	le.PutUint64(item[extendedHead:], 7<<48|1)
	b := make([]byte, eventHead, eventHead+len(item)+len(payload)+8)
	le.PutUint16(b, uint16(eventHead+len(item)+len(payload)))
	b[2], b[3] = typeEvent64, 0xc0
	le.PutUint16(b[4:], extendedFlag)
	le.PutUint32(b[8:], 80)
	le.PutUint32(b[12:], 8)
	le.PutUint64(b[16:], uint64(time.Second/100))
	copy(b[24:], KernelProcess[:])
	le.PutUint16(b[40:], id)
	b[42], b[45] = version, 1
	return aligned(append(append(b, item...), payload...))
}

// manifestPayload is that of version 1 of ProcessStart.
func manifestPayload() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 100)
	b = le.AppendUint64(b, toFiletime(noon.Add(time.Second)))
	for _, v := range []uint32{8, 1, FlagPackaged} { // parent, session, flags
		b = le.AppendUint32(b, v)
	}
	return append(b, wide(`\Device\HarddiskVolume1\a.exe`)...)
}

// compress packs b: each byte as it is, unless the last four repeat.
func compress(b []byte) []byte {
	var out []byte
	var flags uint32
	flagsAt, n, nibble := 0, 32, -1
	item := func(match bool) {
		if n == 32 {
			flagsAt, n, flags = len(out), 0, 0
			out = append(out, 0, 0, 0, 0)
		}
		if match {
			flags |= 1 << (31 - n)
		}
		n++
		binary.LittleEndian.PutUint32(out[flagsAt:], flags)
	}
	for i := 0; i < len(b); {
		length, distance := 0, 1+i%4
		for i >= distance && i+length < len(b) && b[i+length] == b[i+length-distance] {
			length++
		}
		if length < xpressShortest {
			item(false)
			out = append(out, b[i])
			i++
			continue
		}
		item(true)
		i += length
		rest := length - xpressShortest
		out = binary.LittleEndian.AppendUint16(out, uint16((distance-1)<<3|min(rest, xpressInToken)))
		if rest < xpressInToken {
			continue
		}
		half := byte(min(rest-xpressInToken, xpressInNibble))
		if nibble < 0 {
			nibble = len(out)
			out = append(out, half)
		} else {
			out[nibble] |= half << 4
			nibble = -1
		}
		if half < xpressInNibble {
			continue
		}
		if more := rest - xpressInToken - xpressInNibble; more < xpressInByte {
			out = append(out, byte(more))
			continue
		}
		out = append(out, xpressInByte)
		if rest < 1<<16 {
			out = binary.LittleEndian.AppendUint16(out, uint16(rest))
		} else {
			out = binary.LittleEndian.AppendUint32(append(out, 0, 0), uint32(rest))
		}
	}
	return out
}

// errorReader fails where a disk would.
type errorReader struct{ io.ReaderAt }

func (errorReader) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
