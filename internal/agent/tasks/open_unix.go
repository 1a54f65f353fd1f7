//go:build unix

package tasks

import (
	"os"
	"syscall"
)

// openFile opens path for reading. It follows no link, and does not wait for the
// other end of a pipe.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}
