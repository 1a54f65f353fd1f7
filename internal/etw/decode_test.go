package etw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each of the 330 vectors decodes to exactly what an independent decoder made of
// it, and cut anywhere it gives an error.
func TestVectors(t *testing.T) {
	all := vectors(t)
	if len(all) != 330 {
		t.Fatalf("%d vectors; want 330", len(all))
	}
	for i, v := range all {
		r := v.record(t)
		m, err := Decode(r)
		if err != nil {
			t.Errorf("vector %d: %v", i, err)
			continue
		}
		got := microsoftNames(&m)
		for name, want := range v.Want {
			if g, ok := got[name]; !ok || g != fmt.Sprint(want) {
				t.Errorf("vector %d, %s: got %q, want %q", i, name, g, want)
			}
		}
		if m.DecodedAs != v.Version || m.Tail != 0 || m.HeaderPID != r.PID || m.HeaderTID != r.TID {
			t.Errorf("vector %d: decoded as %d with %d bytes left, header %d/%d", i, m.DecodedAs, m.Tail, m.HeaderPID, m.HeaderTID)
		}
		whole := r.Payload
		for n := range whole {
			r.Payload = whole[:n]
			var e *DecodeError
			if _, err := Decode(r); !errors.As(err, &e) || e.Field == "" || e.Offset > n || e.Size != n {
				t.Fatalf("vector %d cut to %d of %d bytes: %v; want an error that names a field", i, n, len(whole), err)
			}
		}
	}
}

// microsoftNames returns the fields of a message under the names that they have
// in Microsoft's manifests, as text.
func microsoftNames(m *Message) map[string]string {
	u := &m.Usage
	values := map[string]any{
		"ProcessID": m.PID, "ParentProcessID": m.ParentPID, "SessionID": m.Session, "ImageName": m.Image,
		"ProcessSequenceNumber": m.Seq, "ParentProcessSequenceNumber": m.ParentSeq, "CreateTime": toFiletime(m.Created), "ExitTime": toFiletime(m.Exited),
		"Flags": m.Flags, "ProcessTokenElevationType": m.ElevationType, "TokenElevationType": m.ElevationType,
		"ProcessTokenIsElevated": m.Elevated, "MandatoryLabel": m.Label, "ImageChecksum": m.ImageChecksum, "TimeDateStamp": m.ImageStamp,
		"PackageFullName": m.Package, "PackageRelativeAppId": m.AppID, "SecurityMitigations": m.Mitigations,
		"PartitionID": m.Partition, "ProcessMachine": m.Machine, "ExitCode": m.ExitCode,
		"HandleCount": u.Handles, "CommitCharge": u.CommitCharge, "CommitPeak": u.CommitPeak, "CPUCycleCount": u.CPUCycles,
		"ReadOperationCount": u.ReadOps, "WriteOperationCount": u.WriteOps, "ReadTransferKiloBytes": u.ReadKB,
		"WriteTransferKiloBytes": u.WriteKB, "HardFaultCount": u.HardFaults,
	}
	if m.Source == Classic {
		maps.Copy(values, map[string]any{
			"UniqueProcessKey": m.UniqueKey, "ProcessId": m.PID, "ParentId": m.ParentPID, "SessionId": m.Session,
			"ExitStatus": int32(m.ExitCode), "DirectoryTableBase": m.DirectoryTable, "UserSID": m.UserSID, "ImageFileName": m.Image,
			"CommandLine": m.CommandLine, "ApplicationId": m.AppID,
			"PageFaultCount": u.PageFaults, "Reserved": u.Reserved, "PeakVirtualSize": u.PeakVirtualSize, "PeakWorkingSetSize": u.PeakWorkingSet,
			"PeakPagefileUsage": u.PeakPagefile, "QuotaPeakPagedPoolUsage": u.PeakPagedPool, "QuotaPeakNonPagedPoolUsage": u.PeakNonpaged,
			"VirtualSize": u.VirtualSize, "WorkingSetSize": u.WorkingSet, "PagefileUsage": u.Pagefile, "QuotaPagedPoolUsage": u.PagedPool,
			"QuotaNonPagedPoolUsage": u.Nonpaged, "PrivatePageCount": u.PrivatePages,
		})
	}
	text := map[string]string{}
	for name, v := range values {
		text[name] = fmt.Sprint(v)
	}
	return text
}

// toFiletime is the reverse of filetime.
func toFiletime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.Unix()+11_644_473_600)*1e7 + uint64(t.Nanosecond()/100)
}

// manifestVector returns the first vector of a version of ProcessStart.
func manifestVector(t *testing.T, id uint16, version uint8) *Record {
	t.Helper()
	for _, v := range vectors(t) {
		if v.Class == "manifest" && v.ID == id && v.Version == version {
			return v.record(t)
		}
	}
	t.Fatalf("no vector of event %d version %d", id, version)
	return nil
}

// A version that is not known is read as the newest one that is, if that makes sense.
func TestNewerVersions(t *testing.T) {
	r := manifestVector(t, idStart, 5)
	want, err := Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	r.Version, r.Payload = 9, append(slices.Clone(r.Payload), 1, 2, 3, 4, 5)
	got, err := Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 9 || got.DecodedAs != 5 || got.Tail != 5 || got.Image != want.Image || got.Seq != want.Seq || got.Machine != want.Machine {
		t.Errorf("version 9: got %+v", got)
	}

	// Nothing that a real kernel wrote is taken for nonsense.
	for i, v := range vectors(t) {
		r := v.record(t)
		l, _ := manifestLayout(r.ID)
		if r.Classic {
			l, _ = classicLayout(r.Opcode)
		}
		if r.Version != l.newest {
			continue
		}
		r.Version, r.Payload = 200, append(r.Payload, make([]byte, 6)...)
		if m, err := Decode(r); err != nil || m.DecodedAs != v.Version || m.Tail != 6 {
			t.Errorf("vector %d as version 200: %+v, %v", i, m, err)
		}
	}

	// Fields that were inserted make nonsense of what follows.
	for name, insert := range map[string]int{"in front": 0, "before the parent": 20, "before the session": 32, "before the label": 48} {
		payload := slices.Insert(slices.Clone(manifestVector(t, idStart, 5).Payload), insert, 0xe8, 0x03, 0, 0)
		_, err := Decode(&Record{Provider: KernelProcess, ID: idStart, Version: 6, PointerSize: 8, Time: r.Time, Payload: payload})
		var e *DecodeError
		if !errors.As(err, &e) || e.Record != "ProcessStart version 6" {
			t.Errorf("four bytes inserted %s: %v; want an error", name, err)
		}
	}

	// A process that the kernel makes of nothing has no path.
	c := classicRecord(opStart, 7, 8, classicFields{pid: 8, image: "Registry"})
	c.Payload = append(c.Payload, make([]byte, 12)...)
	if m, err := Decode(c); err != nil || m.DecodedAs != 4 || m.Image != "Registry" {
		t.Errorf("classic version 7: %+v, %v", m, err)
	}
}

// Random bytes are no process.
func TestRandomPayloads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 200_000 {
		payload := make([]byte, rng.IntN(200))
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		r := &Record{Provider: KernelProcess, ID: []uint16{idStart, idStop, idRunning}[rng.IntN(3)], Version: uint8(rng.IntN(8)), PointerSize: 4 + 4*rng.IntN(2), Time: noon, Payload: payload}
		if rng.IntN(2) == 0 {
			r.Provider, r.Classic, r.Opcode = Process, true, []uint8{opStart, opStop, opRunningFirst, opRunningLast, opDefunct}[rng.IntN(5)]
		}
		var e *DecodeError
		if m, err := Decode(r); err == nil {
			taken++
			t.Logf("%x was taken for %+v", payload, m)
		} else if !errors.As(err, &e) || e.Size != len(payload) {
			t.Fatalf("%x: %v", payload, err)
		}
	}
	if taken > 0 {
		t.Errorf("%d random payloads were taken for processes", taken)
	}
}

// What is read of a record of no or another provider, or of what it has nothing to say.
func TestOtherRecords(t *testing.T) {
	for name, r := range map[string]*Record{
		"another provider": {Provider: NewGUID(1, 2, 3, [8]byte{}), ID: 1, Payload: []byte{1}},
		"another event":    {Provider: KernelProcess, ID: 5, Payload: []byte{1}},
		"another opcode":   {Provider: Process, Classic: true, Opcode: 10, Version: 4},
		"no loss":          {Provider: LostEvent, Classic: true, Opcode: 1},
	} {
		if m, err := Decode(r); err != nil || m.Kind != Other {
			t.Errorf("%s: %+v, %v; want nothing", name, m, err)
		}
	}
	for opcode := uint8(LostEvents); opcode <= uint8(LostFile); opcode++ {
		m, err := Decode(&Record{Provider: LostEvent, Classic: true, Opcode: opcode})
		if err != nil || m.Kind != Lost || m.Loss != Loss(opcode) {
			t.Errorf("lost, opcode %d: %+v, %v", opcode, m, err)
		}
	}
	_, err := Decode(classicRecord(opStart, 0, 8, classicFields{pid: 4}))
	if err == nil || !strings.Contains(err.Error(), "classic process start version 0: the version is not known") {
		t.Errorf("version 0: %v", err)
	}
}

// classicFields are what a classic record is made of in tests.
type classicFields struct {
	pid, parent uint32
	exit        uint32
	sid         []byte // nil: none
	zeroUser    bool   // TOKEN_USER is zeros, as some programs write it
	image       string
	command     string
}

// classicRecord makes a record of the Process class.
func classicRecord(opcode, version uint8, pointer int, f classicFields) *Record {
	le := binary.LittleEndian
	ptr := func(b []byte, v uint64) []byte {
		if pointer == 4 {
			return le.AppendUint32(b, uint32(v))
		}
		return le.AppendUint64(b, v)
	}
	b := ptr(nil, 0xffff8000)
	for _, v := range []uint32{f.pid, f.parent, 1, f.exit} {
		b = le.AppendUint32(b, v)
	}
	if version >= 3 {
		b = ptr(b, 0x1000)
	}
	if version >= 4 {
		b = le.AppendUint32(b, FlagWOW64)
	}
	switch {
	case f.sid == nil:
		b = le.AppendUint32(b, 0)
	case f.zeroUser:
		b = append(ptr(ptr(b, 0), 0), f.sid...)
	default:
		b = append(ptr(ptr(b, 0xabc), 0), f.sid...)
	}
	b = append(append(b, f.image...), 0)
	if version >= 2 {
		b = append(b, wide(f.command)...)
	}
	if version >= 4 {
		b = append(append(b, wide("pkg")...), wide("app")...)
	}
	return &Record{Provider: Process, Classic: true, Opcode: opcode, Version: version, PointerSize: pointer, PID: f.parent, TID: 1, Payload: b}
}

func wide(s string) []byte {
	var b []byte
	for _, r := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return append(b, 0, 0)
}

// localSystem is the SID S-1-5-18.
var localSystem = []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}

// Every version, with pointers of both sizes, with a user and without.
func TestClassicVersions(t *testing.T) {
	for version := uint8(1); version <= 4; version++ {
		for _, pointer := range []int{4, 8} {
			for _, user := range []classicFields{{}, {sid: localSystem}, {sid: localSystem, zeroUser: true}} {
				f := user
				f.pid, f.parent, f.exit, f.image, f.command = 1776, 988, 259, "notepad.exe", `"C:\nöte" x`
				m, err := Decode(classicRecord(opStart, version, pointer, f))
				if err != nil {
					t.Errorf("version %d, pointers of %d, user %v: %v", version, pointer, f.sid, err)
					continue
				}
				sid, command := "", ""
				if f.sid != nil {
					sid = "S-1-5-18"
				}
				if version >= 2 {
					command = f.command
				}
				if m.PID != 1776 || m.ParentPID != 988 || m.ExitCode != 259 || m.UserSID != sid || m.Image != f.image || m.CommandLine != command ||
					(version >= 4) != (m.Package == "pkg" && m.AppID == "app" && m.Flags == FlagWOW64) || m.Tail != 0 {
					t.Errorf("version %d, pointers of %d, user %v: got %+v", version, pointer, f.sid, m)
				}
			}
		}
	}
}

// No name hides a process.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"a\x01\n.exe", `C\b`, strings.Repeat("x", 40_000)} {
		if m, err := Decode(classicRecord(opStart, 4, 8, classicFields{pid: 100, image: name})); err != nil || m.Image != name {
			t.Errorf("classic %.20q: %.20q, %v", name, m.Image, err)
		}
		b := manifestPayload()
		b = append(b[:len(b)-len(wide(`\Device\HarddiskVolume1\a.exe`))], wide(name)...)
		m, err := Decode(&Record{Provider: KernelProcess, ID: idStart, Version: 1, PointerSize: 8, Time: noon, Payload: b})
		if err != nil || m.Image != name {
			t.Errorf("manifest %.20q: %.20q, %v", name, m.Image, err)
		}
	}
}

// Texts that are not quite texts.
func TestTexts(t *testing.T) {
	c := cursor{data: []byte{0x3d, 0xd8, 0x00, 0xde, 0x00, 0xd8, 'x', 0, 0, 0, 'n', 0xf6, 0, 0xc3, 0xb6, 0}}
	if got := c.wide("w"); got != "\U0001F600\uFFFDx" {
		t.Errorf("UTF-16 with a lone surrogate: %q", got)
	}
	if got := c.ansi("a"); got != "nö" {
		t.Errorf("Latin-1: %q", got)
	}
	if got := c.ansi("a"); got != "ö" || c.at != len(c.data) {
		t.Errorf("UTF-8: %q", got)
	}
	if got := c.ansi("b"); got != "" || c.reason == "" || c.field != "b" {
		t.Errorf("no end: %q, %q", got, c.reason)
	}
}

func TestNumbersAsText(t *testing.T) {
	if got := KernelProcess.String(); got != "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716" {
		t.Errorf("GUID: %s", got)
	}
	for ticks, want := range map[uint64]string{
		132404548233564008: "2020-07-29T00:07:03.3564008Z", 1: "1601-01-01T00:00:00.0000001Z", 1<<64 - 1: "60056-05-28T05:36:10.9551615Z",
	} {
		got := filetime(ticks)
		if got.Format(time.RFC3339Nano) != want || toFiletime(got) != ticks {
			t.Errorf("FILETIME %d: %s; want %s", ticks, got.Format(time.RFC3339Nano), want)
		}
	}
}
