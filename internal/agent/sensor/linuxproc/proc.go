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
	dir    string
	mounts string // the agent's mount namespace
}

// NewProc returns a reader of dir, which is /proc but in tests.
func NewProc(dir string) *Proc {
	p := &Proc{dir: dir}
	p.mounts, _ = os.Readlink(filepath.Join(dir, "self/ns/mnt")) // "" is nobody's
	return p
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

// Fill reads the texts and rights of a process into f, those that it has not.
// The process is the one that f names, or the error is ErrGone: what was read in
// the meantime may be another's, and f is left alone.
func (p *Proc) Fill(f *Facts) error {
	g := *f
	if !g.Told {
		if err := p.rights(&g); err != nil {
			return err
		}
	}
	if g.Image == "" {
		g.Image = p.Image(g.PID)
	}
	if g.CommandLine == "" || strings.HasSuffix(g.CommandLine, cut) {
		if raw, err := read(p.path(g.PID, "cmdline"), event.MaxCommandLine+1); err == nil {
			g.CommandLine = Line(raw, len(raw) > event.MaxCommandLine)
		}
	}
	if g.Directory == "" {
		g.Directory, _ = os.Readlink(p.path(g.PID, "cwd"))
	}
	s, err := p.Stat(g.PID)
	if err != nil {
		return err
	}
	if s.Forked/Tick != g.Forked/Tick {
		return ErrGone
	}
	*f = g
	return nil
}

// rights reads the rights of a process, and whether it sees the agent's files,
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
	f.Effective, f.Capabilities, f.Session = s.Effective, s.Capabilities, noSession
	if own, err := os.Readlink(p.path(f.PID, "ns/user")); err == nil && own != firstUserNamespace {
		f.Capabilities = 0
	}
	if raw, err := read(p.path(f.PID, "sessionid"), 32); err == nil {
		if id, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 32); err == nil {
			f.Session = uint32(id)
		}
	}
	mounts, err := os.Readlink(p.path(f.PID, "ns/mnt"))
	f.SameFiles = err == nil && mounts != "" && mounts == p.mounts
	f.Told = true
	return nil
}

// firstUserNamespace is the inode of the one that the kernel begins with.
const firstUserNamespace = "user:[4026531837]"

// Image returns the full path of what a process runs, "" where that cannot be
// read, as of the kernel's own threads.
func (p *Proc) Image(pid uint32) string {
	image, err := os.Readlink(p.path(pid, "exe"))
	if err != nil {
		return ""
	}
	// The kernel says so behind the path of a file that was removed meanwhile.
	return strings.TrimSuffix(image, " (deleted)")
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
