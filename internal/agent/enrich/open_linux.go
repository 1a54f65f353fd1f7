package enrich

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
	"github.com/eljefe/eljefe/internal/event"
)

// thisSystem is how files are found here. Who runs a process the sensor says, and
// programs have no signatures.
func thisSystem() system {
	root := linuxproc.Root("/proc")
	open := func(p *event.Process, stationFiles bool) (*os.File, identity, error) {
		return openImage(root, p, stationFiles)
	}
	return system{open: open, identify: identify}
}

// openImage opens the file that a process runs. Where the process is gone its path
// says which that was, if it saw the station's files, which lie under root. The
// error is a Reason, or the system's.
func openImage(root string, p *event.Process, stationFiles bool) (*os.File, identity, error) {
	f, err := openRunning(p)
	if err == nil {
		id, err := identify(f)
		if err != nil {
			f.Close()
		}
		return f, id, err
	}
	if errors.Is(err, fs.ErrPermission) && !stationFiles {
		return nil, identity{}, Denied
	}
	if !stationFiles {
		return nil, identity{}, Exited
	}
	// Not to wait for what is a pipe by now.
	f, err = os.OpenFile(filepath.Join(root, p.Image), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, identity{}, err
	}
	id, err := identify(f)
	if err == nil && id.change > p.Started.UnixNano() {
		err = Changed
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
		return nil, Changed
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	again, err := os.Readlink(path)
	if err == nil && again != image {
		err = Changed
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
		return Changed
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
		return identity{}, Unsupported
	}
	id := identity{volume: uint64(s.Dev), size: info.Size(), modified: info.ModTime().UnixNano(), change: s.Ctim.Nano()}
	binary.NativeEndian.PutUint64(id.file[:], s.Ino)
	return id, nil
}
