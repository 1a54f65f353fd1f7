package enrich

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
	"github.com/eljefe/eljefe/internal/event"
)

var (
	errUncertain = errors.New("it is not certain which file the process runs")
	errSpecial   = errors.New("the image is no regular file")
)

// openImage opens the file that a process runs.
func openImage(p *event.Process, sameFiles bool) (*os.File, identity, error) {
	if f, err := openRunning(p); err == nil {
		id, err := identify(f)
		if err != nil {
			f.Close()
		}
		return f, id, err
	}
	if !sameFiles {
		return nil, identity{}, errUncertain
	}
	// Not to wait for what is a pipe by now.
	f, err := os.OpenFile(p.Image, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, identity{}, err
	}
	id, err := identify(f)
	if err == nil && id.change > p.Started.UnixNano() {
		err = errUncertain
	}
	if err != nil {
		f.Close()
	}
	return f, id, err
}

// openRunning opens the file by way of the process, which must be the one of the
// event before and afterwards.
func openRunning(p *event.Process) (*os.File, error) {
	path := fmt.Sprintf("/proc/%d/exe", p.PID)
	image, err := os.Readlink(path)
	if err != nil {
		return nil, err
	}
	if strings.TrimSuffix(image, " (deleted)") != p.Image {
		return nil, errUncertain
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	again, err := os.Readlink(path)
	if err == nil && again != image {
		err = errUncertain
	}
	if err == nil {
		err = same(p)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// same says whether the pid is still that of the event's process.
func same(p *event.Process) error {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
	if err != nil {
		return err
	}
	s, err := linuxproc.ParseStat(raw)
	if err != nil {
		return err
	}
	if !linuxproc.ForkOf(p.ProcessSeq, s.Forked) {
		return errUncertain
	}
	return nil
}

// identify returns the identity of an open file, which must be a regular one.
func identify(f *os.File) (identity, error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return identity{}, errSpecial
	}
	return identity{
		device: uint64(s.Dev), inode: s.Ino, size: info.Size(),
		modified: info.ModTime().UnixNano(), change: s.Ctim.Nano(),
	}, nil
}
