//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/eljefe/eljefe/internal/fault"
)

const noFollow = syscall.O_NOFOLLOW // as root we write into folders of others

// errLocked is lockFile's answer while another process holds the file.
var errLocked = errors.New("locked")

// lockFile opens a file and locks it for as long as the process lives and the
// file is open.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|noFollow, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	if err := giveToOwner(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// giveToOwner gives a file that root has made to the owner of its folder, who
// could otherwise not open it when it is not root that runs us.
func giveToOwner(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := ownerOf(filepath.Dir(f.Name()))
	if err != nil || uid == 0 {
		return err
	}
	return f.Chown(uid, gid)
}

// makeDir makes the cluster's folder and returns its true path. Root's must let
// the database's account through; anybody else's is private.
func makeDir(path string) (string, error) {
	if path == "" {
		return "", errors.New("no folder given for the database")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the database's folder: %w", err)
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := makeParents(path, mode); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return "", fault.Wrap(fault.Forbidden, err, "the database's folder %s cannot be made by this account; choose another data directory", path)
		}
		return "", fmt.Errorf("make the database's folder: %w", err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("find the database's folder: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("find the database's folder: %w", err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 && stat.Uid == 0 && info.Mode()&0o111 != 0o111 {
		if err := os.Chmod(path, info.Mode().Perm()|0o111); err != nil {
			return "", fmt.Errorf("open the database's folder to its account: %w", err)
		}
	}
	return path, nil
}

// makeParents is os.MkdirAll with exactly the given mode, whatever the umask.
func makeParents(path string, mode fs.FileMode) error {
	switch err := os.Mkdir(path, mode); {
	case err == nil:
		return os.Chmod(path, mode)
	case errors.Is(err, fs.ErrExist):
		return nil // if it is no folder, the next step says so
	case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path:
		return err
	}
	if err := makeParents(filepath.Dir(path), mode); err != nil {
		return err
	}
	return makeParents(path, mode)
}

func ownerOf(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, errors.ErrUnsupported
	}
	return int(stat.Uid), int(stat.Gid), nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "the user with id " + strconv.Itoa(uid)
}

// syncDir makes a rename in a folder survive a power failure.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errClose := d.Close(); err == nil {
		err = errClose
	}
	return err
}
