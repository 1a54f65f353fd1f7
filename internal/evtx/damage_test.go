package evtx

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// victims are the logs that the damage tests hurt: the densest one, and one of
// Sysmon.
var victims = []string{"DE_RDP_Tunnel_5156.evtx", "sysmon_1_11_rundll32_cpl_ostap.evtx"}

// TestTruncated cuts logs at many places: all whole records before the cut are
// delivered unchanged, and the cut is reported.
func TestTruncated(t *testing.T) {
	for _, name := range victims {
		log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", name))
		whole, _ := readLog(t, log)
		places := recordPlaces(log[fileHeaderSize:])
		for cut := len(fileSignature); cut < len(log); cut += 97 {
			records, damages := readLog(t, log[:cut])
			want := 0
			for want < len(places) && fileHeaderSize+places[want].pos+places[want].size <= cut {
				want++
			}
			// A record that lacks no more than its trailer is good as well.
			if len(records) != want && len(records) != want+1 {
				t.Errorf("%s cut at %d: %d records, want %d", name, cut, len(records), want)
			}
			for i, rec := range records {
				if !reflect.DeepEqual(rec, whole[i]) {
					t.Errorf("%s cut at %d: record %d is %+v, want %+v", name, cut, i, rec, whole[i])
				}
			}
			if cut == fileHeaderSize {
				continue // a log without chunks is in order
			}
			said := false
			for _, d := range damages {
				said = said || strings.Contains(d.Error(), "the file ends inside")
			}
			if !said {
				t.Errorf("%s cut at %d: damages are %v; want to hear of the end", name, cut, damages)
			}
		}
	}
}

// TestHiddenRecord damages a record's size and wipes the next record: the first
// is delivered, and the second not forgotten.
func TestHiddenRecord(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", victims[0]))
	places := recordPlaces(log[fileHeaderSize:])
	for _, size := range []int{40, 2 * places[30].size, places[30].size + places[31].size, 60000} {
		hurt := bytes.Clone(log)
		binary.LittleEndian.PutUint32(hurt[fileHeaderSize+places[30].pos+recordOffSize:], uint32(size))
		clear(hurt[fileHeaderSize+places[31].pos:][:places[31].size])
		records, damages := readLog(t, hurt)
		if len(records) != len(places)-1 || len(damages) != 1 || damages[0].Record != 0 {
			t.Errorf("size %d: %d records, %v; want %d and one damage", size, len(records), damages, len(places)-1)
		}
	}
}

// TestRecordSize damages the size in a record's header: too large, too small,
// enormous. No other record is lost.
func TestRecordSize(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", victims[0]))
	whole, _ := readLog(t, log)
	places := recordPlaces(log[fileHeaderSize:])
	for i, r := range places {
		for _, size := range []uint32{0, 27, 28, 100, uint32(r.size) + 8, uint32(r.size) + 2000, 60000, 1 << 31, 1<<32 - 1} {
			hurt := bytes.Clone(log)
			binary.LittleEndian.PutUint32(hurt[fileHeaderSize+r.pos+recordOffSize:], size)
			records, damages := readLog(t, hurt)
			if len(records) != len(whole) || len(damages) != 0 {
				t.Errorf("record %d with size %d: %d records, %v; want all %d", i, size, len(records), damages, len(whole))
			}
		}
	}
}

// TestWipedRecords overwrites the beginnings of records: they are reported, once
// each, and all others delivered.
func TestWipedRecords(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", victims[0]))
	places := recordPlaces(log[fileHeaderSize:])
	hurt := bytes.Clone(log)
	wiped := []int{30, 50, 51, 100} // none defines a template; 100 is the last
	for _, i := range wiped {
		if defines(log[fileHeaderSize:], places[i]) {
			t.Fatalf("record %d defines a template", i)
		}
		clear(hurt[fileHeaderSize+places[i].pos:][:recordHeaderSize+20])
	}
	records, damages := readLog(t, hurt)
	if len(records) != len(places)-len(wiped) {
		t.Errorf("%d records, want %d", len(records), len(places)-len(wiped))
	}
	if len(damages) != 3 { // 50 and 51 are one damage
		t.Errorf("%d damages, want 3: %v", len(damages), damages)
	}
	for _, d := range damages {
		if !d.Altered || d.Chunk != 0 || !strings.Contains(d.Error(), "no record where one should begin") {
			t.Errorf("damage is %q", d)
		}
	}
	if at := int64(fileHeaderSize + places[30].pos); len(damages) > 0 && damages[0].Offset != at {
		t.Errorf("damage at %#x, want %#x", damages[0].Offset, at)
	}
}

// TestDamagedHeaders reads chunks whose header is hurt, and a chunk that is
// garbage between two good ones.
func TestDamagedHeaders(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", victims[0]))
	chunk := log[fileHeaderSize:]
	for _, free := range []uint32{0, 511, 1 << 16, 1<<16 + 1, 1<<32 - 1} {
		hurt := bytes.Clone(log)
		binary.LittleEndian.PutUint32(hurt[fileHeaderSize+chunkOffFree:], free)
		if records, damages := readLog(t, hurt); len(records) != 101 || free != 1<<16 && len(damages) != 0 {
			t.Errorf("free-space offset %#x: %d records, %v; want 101", free, len(records), damages)
		}
	}

	hurt := bytes.Clone(log)
	clear(hurt[fileHeaderSize : fileHeaderSize+8])
	records, damages := readLog(t, hurt)
	if len(records) != 101 || len(damages) != 1 || !strings.Contains(damages[0].Error(), "lacks its signature") {
		t.Errorf("chunk without signature: %d records, %v; want 101 and one damage", len(records), damages)
	}

	rng := rand.New(rand.NewPCG(1, 1))
	garbage := make([]byte, chunkSize)
	for i := range garbage {
		garbage[i] = byte(rng.Uint32())
	}
	records, damages = readLog(t, append(append(bytes.Clone(log), garbage...), chunk...))
	if len(records) != 202 || len(damages) != 1 || damages[0].Chunk != 1 || damages[0].Offset != fileHeaderSize+chunkSize {
		t.Errorf("garbage between chunks: %d records, %v; want 202 and one damage", len(records), damages)
	}
}

// TestForgedBeginnings reads a chunk full of records' beginnings, each with an
// impossible size: it takes little time, and each is reported.
func TestForgedBeginnings(t *testing.T) {
	w := newBuilder()
	n := 0
	for ; len(w.b)+recordMinSize <= chunkSize; n++ {
		w.b = append(w.b, recordSignature...)
		w.u32(1 << 20)
		w.u64(uint64(n + 1))
		w.b = append(w.b, make([]byte, recordMinSize-16)...)
	}
	log := w.log()
	start := time.Now()
	records, damages := readLog(t, log)
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	if len(records) != 0 || len(damages) == 0 {
		t.Errorf("%d records, %d damages; want only damages", len(records), len(damages))
	}
}

// TestAltered tells damage of a stored file from a construct that the reader
// does not know.
func TestAltered(t *testing.T) {
	log := newBuilder()
	log.record(1, func() { log.u8(0x3f) })
	file := log.log()
	_, damages := readLog(t, file)
	if len(damages) != 1 || !damages[0].Altered || damages[0].Record != 1 {
		t.Fatalf("wrong checksum: damages are %v; want one that says so", damages)
	}
	c := chunkReader{data: file[fileHeaderSize:], free: len(log.b), freeKnow: true}
	sum := c.sum()
	binary.LittleEndian.PutUint32(file[fileHeaderSize+chunkOffChecksum:], sum)
	_, damages = readLog(t, file)
	if len(damages) != 1 || damages[0].Altered {
		t.Fatalf("right checksum: damages are %v; want one without a word of it", damages)
	}
}

// TestRandomDamage flips bytes at random in thousands of copies. It wants no
// panic, no long time, and all records that stand before the first flip.
func TestRandomDamage(t *testing.T) {
	const variants = 4000
	rng := rand.New(rand.NewPCG(2026, 11))
	var slowest time.Duration
	delivered, damaged := 0, 0
	for _, name := range victims {
		log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", name))
		whole, _ := readLog(t, log)
		places := recordPlaces(log[fileHeaderSize:])
		end := places[len(places)-1].pos + places[len(places)-1].size
		hurt := make([]byte, len(log))
		for i := range variants / len(victims) {
			copy(hurt, log)
			first := len(log)
			for range 1 + rng.IntN(12) {
				at := fileHeaderSize + chunkHeaderSize + rng.IntN(end-chunkHeaderSize)
				first = min(first, at)
				hurt[at] = byte(rng.Uint32())
			}
			cut := len(hurt)
			if rng.IntN(4) == 0 {
				cut = fileHeaderSize + rng.IntN(len(hurt)-fileHeaderSize)
			}
			start := time.Now()
			records, damages := readLog(t, hurt[:cut])
			slowest = max(slowest, time.Since(start))
			delivered += len(records)
			damaged += len(damages)
			for k, r := range places {
				if fileHeaderSize+r.pos+r.size > min(first, cut) {
					break
				}
				if k >= len(records) || !reflect.DeepEqual(records[k], whole[k]) {
					t.Fatalf("%s, variant %d: record %d, before the first damage, is lost or changed", name, i, k)
				}
			}
		}
	}
	if slowest > time.Second {
		t.Errorf("the slowest variant took %v", slowest)
	}
	t.Logf("%d variants: %d records delivered, %d damages, slowest %v", variants, delivered, damaged, slowest)
}

// FuzzReader wants that no bytes make the reader panic or deliver what cannot
// be stored. The header and the chunk's signature are put in place, so that the
// fuzzer's work goes into the rest. As chunks are large, run it with
// -fuzzminimizetime 20x.
func FuzzReader(f *testing.F) {
	w := newBuilder()
	w.record(1, func() {
		w.definition(func() {
			w.element(true, "Event", func() {
				w.element(true, "System", func() { w.element(true, "EventID", func() { w.substitution(0, typeUint16) }) })
				w.element(true, "EventData", func() {
					w.element(true, "Data", func() { w.substitution(1, typeString) })
					w.substitution(2, typeBinXML)
				})
			})
		})
		w.values(value{typeUint16, []byte{1, 0}}, value{typeString, utf16Bytes('h', 'i')}, value{typeBinXML, []byte{0x0f, 1, 1, 0, 0}})
	})
	f.Add(w.b)
	f.Add([]byte{})
	for _, name := range victims { // real chunks, where they are to be had
		log, err := os.ReadFile(filepath.Join(dataDir, "EVTX-ATTACK-SAMPLES", name))
		if err == nil {
			f.Add(bytes.TrimRight(log[fileHeaderSize:], "\x00"))
		}
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		log := make([]byte, fileHeaderSize, fileHeaderSize+len(chunk))
		copy(log, fileSignature)
		log = append(log, chunk...)
		if len(chunk) >= len(chunkSignature) {
			copy(log[fileHeaderSize:], chunkSignature)
		}
		records, _ := readLog(t, log)
		for _, rec := range records {
			if p, ok, err := Process(rec); ok && err == nil {
				before := p
				if p.Check() == nil && (before.CommandLine != p.CommandLine || before.Image != p.Image) {
					t.Errorf("Check changed the texts of %+v", before)
				}
			}
		}
	})
}

func FuzzFlatJSON(f *testing.F) {
	f.Add([]byte(`{"SourceName":"Microsoft-Windows-Sysmon","EventID":5,"ProcessId":16,"UtcTime":"2020-09-22 08:38:14.994","Image":"a\u0000"}`))
	f.Add([]byte(`{"SourceName":"Microsoft-Windows-Security-Auditing","EventID":"4689","Message":"\tProcess ID:\t0x10","EventTime":"2020-09-22 04:38:14"}`))
	f.Add([]byte(`{"SourceName":"Microsoft-Windows-Sysmon","EventID":1,"Hashes":"MD5=,SHA1","UtcTime":"2020-09-22 08:38:14.994","ProcessGuid":"{e2c04bb9-08c3-60c4-1c17-400100000000}"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		p, ok, err := FromFlatJSON(line)
		if ok && (err != nil || p.Kind == "" || p.Time.IsZero()) {
			t.Errorf("%q became %+v, %v", line, p, err)
		}
	})
}
