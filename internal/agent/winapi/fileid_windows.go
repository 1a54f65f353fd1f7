package winapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ErrNoFile says that something is no file on a disk: a folder, a device, a pipe.
var ErrNoFile = errors.New("it is no file")

// A FileID is what a file system says of a file: a file whose content is another
// has another one.
type FileID struct {
	Volume  uint64    // its serial number
	File    [16]byte  // within the volume
	Size    int64     // bytes
	Written time.Time // when its content was written last
	Changed time.Time // when anything of it was, its names and attributes too
}

// OpenShared opens a file to be read, in the way of nobody: others may write to it,
// rename it and remove it meanwhile. The path may be one of the kernel. A file that
// lies in a cloud is not fetched.
func OpenShared(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(longPath(path))
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_SEQUENTIAL_SCAN|windows.FILE_FLAG_OPEN_NO_RECALL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if kind, err := windows.GetFileType(handle); err != nil || kind != windows.FILE_TYPE_DISK {
		_ = windows.CloseHandle(handle)
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrNoFile}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// longPath returns a path as CreateFile takes it whatever its length.
func longPath(path string) string {
	switch {
	case strings.HasPrefix(path, `\\?\`), strings.HasPrefix(path, `\\.\`):
		return path
	case strings.HasPrefix(path, `\\`):
		return `\\?\UNC` + path[1:]
	case strings.HasPrefix(path, `\`):
		return `\\?\GLOBALROOT` + path
	case len(path) > 2 && path[1] == ':' && path[2] == '\\':
		return `\\?\` + path
	}
	return path
}

// IdentifyFile returns the identity of an open file.
func IdentifyFile(f *os.File) (FileID, error) {
	handle := windows.Handle(f.Fd())
	var basic struct {
		created, accessed, written, changed int64
		attributes, _                       uint32
	}
	if err := fileInfo(handle, windows.FileBasicInfo, unsafe.Pointer(&basic), unsafe.Sizeof(basic)); err != nil {
		return FileID{}, fmt.Errorf("ask for the times of a file: %w", err)
	}
	if basic.attributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0 {
		return FileID{}, ErrNoFile
	}
	var standard struct {
		allocated, size int64
		links           uint32
		deleted, folder bool
		_               [2]byte
	}
	if err := fileInfo(handle, windows.FileStandardInfo, unsafe.Pointer(&standard), unsafe.Sizeof(standard)); err != nil {
		return FileID{}, fmt.Errorf("ask for the size of a file: %w", err)
	}
	id := FileID{Size: standard.size, Written: fileTime(uint64(basic.written)), Changed: fileTime(uint64(basic.changed))}
	var long struct {
		volume uint64
		file   [16]byte
	}
	if fileInfo(handle, windows.FileIdInfo, unsafe.Pointer(&long), unsafe.Sizeof(long)) == nil {
		id.Volume, id.File = long.volume, long.file
		return id, nil
	}
	// File systems that do not know the long one, as FAT.
	var short windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &short); err != nil {
		return FileID{}, fmt.Errorf("ask for the identity of a file: %w", err)
	}
	id.Volume = uint64(short.VolumeSerialNumber)
	binary.LittleEndian.PutUint64(id.File[:], uint64(short.FileIndexHigh)<<32|uint64(short.FileIndexLow))
	return id, nil
}

func fileInfo(handle windows.Handle, class uint32, to unsafe.Pointer, size uintptr) error {
	return windows.GetFileInformationByHandleEx(handle, class, (*byte)(to), uint32(size))
}
