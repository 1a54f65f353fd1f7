package linuxproc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Namespaces are the numbers of those that a process is in, in the order of
// spaceNames. 0 is one that is not known.
type Namespaces [len(spaceNames)]uint32

// spaceNames are the kinds of namespaces, sorted, as /proc/PID/ns calls them.
var spaceNames = [...]string{"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}

// The places in Namespaces.
const (
	GroupSpace = iota
	IPCSpace
	MountSpace
	NetSpace
	PIDSpace
	TimeSpace
	UserSpace
	HostSpace // of the host's name
)

// firstUserSpace is the user namespace that the kernel begins with.
const firstUserSpace = 0xEFFFFFFD // PROC_USER_INIT_INO

// Beside returns those that are others than own, as events name them.
func (n Namespaces) Beside(own Namespaces) string {
	var list []string
	for i, number := range n {
		if number != 0 && own[i] != 0 && number != own[i] {
			list = append(list, spaceNames[i]+"="+strconv.FormatUint(uint64(number), 10))
		}
	}
	return strings.Join(list, " ")
}

// Namespaces reads in which a process is.
func (p *Proc) Namespaces(pid uint32) (Namespaces, error) {
	return readNamespaces(p.path(pid, ""))
}

// Station returns the namespaces of the station itself: those of its first
// process, or where they may not be read, the agent's.
func (p *Proc) Station() Namespaces {
	all, err := readNamespaces(filepath.Join(p.dir, "1"))
	if err != nil {
		all, _ = readNamespaces(filepath.Join(p.dir, "self")) // those that are not known are no difference
	}
	return all
}

// namespace reads one of a process's.
func (p *Proc) namespace(pid uint32, kind int) (uint32, error) {
	return readNamespace(p.path(pid, ""), kind)
}

func readNamespaces(process string) (all Namespaces, err error) {
	for i := range all {
		n, failed := readNamespace(process, i)
		if failed != nil && !(i == TimeSpace && errors.Is(failed, ErrGone)) { // there are none before Linux 5.6
			err = failed
		}
		all[i] = n
	}
	return all, err
}

// readNamespace reads a link like "mnt:[4026531841]".
func readNamespace(process string, kind int) (uint32, error) {
	link, err := os.Readlink(filepath.Join(process, "ns", spaceNames[kind]))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, ErrGone
	}
	if err != nil {
		return 0, err
	}
	number := strings.TrimSuffix(strings.TrimPrefix(link, spaceNames[kind]+":["), "]")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("namespace %q: %w", link, err)
	}
	return uint32(n), nil
}
