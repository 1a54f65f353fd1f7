package linuxproc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/eljefe/eljefe/internal/event"
)

// ErrGone says that there is no such process any more.
var ErrGone = errors.New("the process has ended")

// Proc reads a folder like /proc.
type Proc struct {
	Mounts uint32 // the mount namespace of the station's files, see Root; 0: not known

	dir    string
	groups bool // the kernel has control groups
}

// NewProc returns a reader of dir, which is /proc but in tests.
func NewProc(dir string) *Proc {
	p := &Proc{dir: dir}
	whose := "self"
	if Root(dir) != "/" {
		whose = "1"
	}
	p.Mounts, _ = readNamespace(filepath.Join(dir, whose), MountSpace)
	_, err := os.Stat(filepath.Join(dir, "self/cgroup"))
	p.groups = err == nil
	return p
}

// Root returns the folder under which the station's files lie for the agent, by
// dir, which is like /proc: the root of the first process, because the agent may
// have been given a view of its own, as systemd does. Where that may not be read
// it is the agent's.
func Root(dir string) string {
	root := filepath.Join(dir, "1/root")
	_, err := os.Stat(root + "/.")
	if _, unknown := readNamespace(filepath.Join(dir, "1"), MountSpace); err != nil || unknown != nil {
		return "/"
	}
	return root
}

// OneHierarchy tells whether all control groups are in the one hierarchy of
// version 2: older ones have a path of their own for each kind of limit.
func (p *Proc) OneHierarchy() bool {
	raw, err := read(filepath.Join(p.dir, "self/cgroup"), 64<<10)
	return !p.groups || err == nil && strings.HasPrefix(string(raw), "0::") && strings.Count(string(raw), "\n") == 1
}

func (p *Proc) path(pid uint32, name string) string {
	return filepath.Join(p.dir, strconv.FormatUint(uint64(pid), 10), name)
}

// PIDs returns those of all processes, the kernel's included.
func (p *Proc) PIDs() ([]uint32, error) {
	dir, err := os.Open(p.dir)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var pids []uint32
	for _, name := range names {
		if pid, err := strconv.ParseUint(name, 10, 32); err == nil {
			pids = append(pids, uint32(pid))
		}
	}
	return pids, nil
}

// Stat reads who a process is, or ErrGone.
func (p *Proc) Stat(pid uint32) (*Stat, error) {
	raw, err := read(p.path(pid, "stat"), 4096)
	if err != nil {
		return nil, err
	}
	s, err := ParseStat(raw)
	if err == nil && s.Gone() {
		return nil, ErrGone
	}
	return s, err
}

// Fill reads the texts and rights of a process into f, and where it is, as far as
// it has them not. The process is the one that f names, or the error is ErrGone:
// what was read in the meantime may be another's, and is not taken over. Where a
// process is, is read last and is no reason for an error: it is what one can best
// do without of a process that ends.
func (p *Proc) Fill(f *Facts) error {
	err := p.fill(f)
	if err == nil {
		p.place(f)
		return nil
	}
	if f.Unread = reasonOf(err); f.Unplaced == "" {
		f.Unplaced = f.Unread
	}
	return err
}

// fill reads the texts and rights.
func (p *Proc) fill(f *Facts) error {
	g := *f
	if !g.Told {
		if err := p.rights(&g); err != nil {
			return err
		}
	}
	var err error
	if g.Image == "" {
		g.Image, err = p.image(g.PID)
	}
	if g.CommandLine == "" || strings.HasSuffix(g.CommandLine, cut) {
		raw, unread := read(p.path(g.PID, "cmdline"), event.MaxCommandLine+1)
		if unread == nil {
			g.CommandLine = Line(raw, len(raw) > event.MaxCommandLine)
		} else {
			err = unread
		}
	}
	if g.Directory == "" {
		directory, unread := os.Readlink(p.path(g.PID, "cwd"))
		if g.Directory = directory; unread != nil {
			err = unread
		}
	}
	if err != nil {
		g.Unread = reasonOf(err)
	}
	if err := p.check(g.Ref); err != nil {
		return err
	}
	*f = g
	return nil
}

// place reads in which namespaces and in which container a process is.
func (p *Proc) place(f *Facts) {
	if f.Spaced && f.Grouped {
		return
	}
	g := *f
	if !g.Spaced {
		var err error
		if g.Spaces, err = p.Namespaces(g.PID); err != nil {
			g.Unplaced = reasonOf(err)
		}
		g.Spaced = err == nil
	}
	if !g.Grouped && p.groups {
		raw, err := read(p.path(g.PID, "cgroup"), 64<<10)
		if g.Grouped = err == nil; g.Grouped {
			g.Container = ContainerOf(string(raw))
		} else {
			g.Unplaced = reasonOf(err)
		}
	}
	g.Grouped = g.Grouped || !p.groups // there are none
	if err := p.check(g.Ref); err != nil {
		f.Unplaced = reasonOf(err)
		return
	}
	*f = g
}

// check says whether the pid is still that of the process that r names.
func (p *Proc) check(r Ref) error {
	s, err := p.Stat(r.PID)
	if err == nil && s.Forked/Tick != r.Forked/Tick {
		return ErrGone
	}
	return err
}

// rights reads the rights of a process, and whether it sees the station's files,
// into f.
func (p *Proc) rights(f *Facts) error {
	raw, err := read(p.path(f.PID, "status"), 16<<10)
	if err != nil {
		return err
	}
	s, err := ParseStatus(raw)
	if err != nil {
		return err
	}
	f.Effective, f.Capabilities, f.Permitted, f.Session = s.Effective, s.Capabilities, s.Permitted, noSession
	f.Spaces[UserSpace], _ = p.namespace(f.PID, UserSpace)
	if raw, err := read(p.path(f.PID, "sessionid"), 32); err == nil {
		if id, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 32); err == nil {
			f.Session = uint32(id)
		}
	}
	f.Spaces[MountSpace], err = p.namespace(f.PID, MountSpace)
	f.SameFiles = err == nil && f.Spaces[MountSpace] == p.Mounts
	f.Told = true
	return nil
}

// Image returns the full path of what a process runs, "" where that cannot be
// read, as of the kernel's own threads.
func (p *Proc) Image(pid uint32) string {
	image, _ := p.image(pid)
	return image
}

func (p *Proc) image(pid uint32) (string, error) {
	image, err := os.Readlink(p.path(pid, "exe"))
	// The kernel says so behind the path of a file that was removed meanwhile.
	return strings.TrimSuffix(image, " (deleted)"), err
}

// Snapshot returns all processes that run, but for threads of the kernel: who
// they are and who their parents are, and no more.
func (p *Proc) Snapshot() ([]Facts, error) {
	pids, err := p.PIDs()
	if err != nil {
		return nil, err
	}
	all := make([]Facts, 0, len(pids))
	forked := make(map[uint32]Ref, len(pids))
	for _, pid := range pids {
		s, err := p.Stat(pid)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read process %d: %w", pid, err)
		}
		ref := Ref{PID: pid, Forked: s.Forked, Execs: 1}
		forked[pid] = ref
		if !s.Kernel {
			all = append(all, Facts{Ref: ref, Parent: Ref{PID: s.ParentPID}})
		}
	}
	for i := range all {
		all[i].Parent = forked[all[i].Parent.PID]
	}
	return all, nil
}

// read reads a file of at most so many bytes, or the first of them.
func read(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(f, most)); err == nil {
			return raw, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil, ErrGone
	}
	return nil, err
}
