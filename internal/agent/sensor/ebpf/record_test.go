package ebpf

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

// raw puts a record together as the programs do.
type raw []byte

func newRaw(kind uint32, size int) raw {
	r := make(raw, size)
	r.u32(atKind, kind)
	r.u64(atTime, uint64(2*time.Hour))
	r.u64(atForked, uint64(time.Hour))
	r.u32(atPID, 100)
	r.u32(atExecs, 1)
	r.u32(atParentPID, 99)
	r.u64(atParentForked, uint64(time.Minute))
	r.u32(atParentExecs, 2)
	r.u32(atEffective, 1000)
	r.u64(atCapabilities, 1<<21)
	r.u32(atSession, 5)
	r.u64(atPermitted, 1<<21|1<<12)
	for i := range len(linuxproc.Namespaces{}) {
		r.u32(atSpaces+4*i, uint32(70+i))
	}
	return r
}

func (r raw) u32(at int, v uint32) { binary.NativeEndian.PutUint32(r[at:], v) }
func (r raw) u64(at int, v uint64) { binary.NativeEndian.PutUint64(r[at:], v) }

// exec adds the texts of an exec.
func (r raw) exec(image, directory, group, arguments string, all int) raw {
	r.u32(atImage, uint32(len(image)))
	r.u32(atDirectory, uint32(len(directory)))
	r.u32(atGroup, uint32(len(group)))
	r.u32(atArguments, uint32(len(arguments)))
	r.u32(atAll, uint32(all))
	return append(r, image+directory+group+arguments...)
}

func TestDecode(t *testing.T) {
	d := decoder{pageSize: 4096, mounts: 72}
	want := linuxproc.Facts{
		Ref:    linuxproc.Ref{PID: 100, Forked: time.Hour, Execs: 1},
		Parent: linuxproc.Ref{PID: 99, Forked: time.Minute, Execs: 2},
		Told:   true, Effective: 1000, Capabilities: 1 << 21, Permitted: 1<<21 | 1<<12, Session: 5, SameFiles: true,
		Spaced: true, Spaces: linuxproc.Namespaces{70, 71, 72, 73, 74, 75, 76, 77},
	}
	r, err := d.decode(newRaw(kindFork, forkSize))
	if err != nil || r.facts != want || r.kind != kindFork || r.at != 2*time.Hour {
		t.Errorf("fork gives %+v, %v; want %+v", r, err, want)
	}

	id := strings.Repeat("4f", 32)
	want.Image, want.Directory, want.CommandLine, want.Container, want.Grouped = "/usr/bin/true", "/", `true "a b"`, id, true
	r, err = d.decode(newRaw(kindExec, execSize).exec("true\x00bin\x00usr\x00", "", "docker-"+id+".scope\x00system.slice\x00", "true\x00a b\x00", 9))
	if err != nil || r.facts != want {
		t.Errorf("exec gives %+v, %v; want %+v", r, err, want)
	}
	r, err = d.decode(newRaw(kindExec, execSize).exec("x\x00", "tmp\x00", "ssh.service\x00", "true\x00a", 9))
	if err != nil || r.facts.Image != "/x" || r.facts.Directory != "/tmp" || r.facts.CommandLine != "true a …" || r.facts.Container != "" || !r.facts.Grouped {
		t.Errorf("exec with arguments that were cut gives %+v, %v", r, err)
	}
	cut := newRaw(kindExec, execSize)
	cut.u32(atCut, cutImage|cutDirectory|cutGroup)
	r, err = d.decode(cut.exec("x\x00", "tmp\x00", id+"\x00", "", 9))
	if err != nil || r.facts.Grouped || r.facts.Container != "" || r.facts.Image != "" || r.facts.Directory != "" || r.facts.CommandLine != "" {
		t.Errorf("exec of which nothing is certain gives %+v, %v", r, err)
	}

	exit := newRaw(kindExit, exitSize)
	for at, v := range map[int]uint64{atUser: 3, atSystem: 1, atRuntime: 4000, atMinor: 1, atMajor: 2, atReads: 3, atWrites: 4, atReadBytes: 5, atWriteBytes: 6, atResident: 7, atVirtual: 8} {
		exit.u64(at, v)
	}
	exit.u32(atStatus, 9)
	r, err = d.decode(exit)
	if err != nil {
		t.Fatal(err)
	}
	used := linuxproc.Usage{
		User: 3000, System: 1000, MinorFaults: 1, MajorFaults: 2, Reads: 3, Writes: 4, ReadBytes: 5, WriteBytes: 6,
		PeakResident: 7 * 4096, PeakVirtual: 8 * 4096,
	}
	if *r.end.Used != used || *r.end.Status != 9 || r.end.Ref != want.Ref {
		t.Errorf("exit gives %+v, used %+v; want %+v", r.end, *r.end.Used, used)
	}
}

func TestDecodeDamaged(t *testing.T) {
	long := newRaw(kindExec, execSize).exec("a\x00", "b\x00", "", "c\x00", 2)
	long.u32(atArguments, 1<<32-1)
	for name, r := range map[string]raw{
		"empty": {}, "short": newRaw(kindFork, factsSize)[:factsSize-1], "an exec that is short": newRaw(kindExec, execSize-1),
		"an exit that is short": newRaw(kindExit, exitSize-1), "of no kind": newRaw(9, exitSize), "too long a text": long,
	} {
		if got, err := (decoder{}).decode(r); err == nil {
			t.Errorf("a record that is %s gives %+v; want an error", name, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(newRaw(kindFork, forkSize)))
	f.Add([]byte(newRaw(kindExit, exitSize)))
	f.Add([]byte(newRaw(kindExec, execSize).exec("true\x00bin\x00", "tmp\x00", "x.scope\x00", "true\x00a b\x00", 9)))
	f.Add([]byte(newRaw(kindFound, factsSize)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decoder{pageSize: 4096}.decode(raw)
		if err != nil {
			return
		}
		if r.at < 0 || r.facts.Forked < 0 || r.facts.Image != "" && !strings.HasPrefix(r.facts.Image, "/") {
			t.Errorf("%+v", r)
		}
		if r.kind == kindExit && (r.end.Used.User < 0 || r.end.Used.System < 0) {
			t.Errorf("%+v", r.end.Used)
		}
	})
}
