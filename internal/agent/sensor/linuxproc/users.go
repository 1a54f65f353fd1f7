package linuxproc

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often Users looks whether its file has changed.
const lookEvery = 5 * time.Second

// Users knows the names of users from a file like /etc/passwd. A user that is
// not in it, as those of a directory service are not, is called by the number.
type Users struct {
	path string

	mu      sync.Mutex
	next    time.Time // to look at the file
	changed time.Time // the file, when it was read
	names   map[uint32]string
}

// NewUsers returns the users of a file.
func NewUsers(path string) *Users { return &Users{path: path} }

// Name returns the name of a user.
func (u *Users) Name(id uint32) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now := time.Now(); !now.Before(u.next) {
		u.next = now.Add(lookEvery)
		u.look()
	}
	if name := u.names[id]; name != "" {
		return name
	}
	return strconv.FormatUint(uint64(id), 10)
}

// look reads the file if it has changed. One that cannot be read for a moment
// leaves the names as they were.
func (u *Users) look() {
	info, err := os.Stat(u.path)
	if err != nil || info.ModTime().Equal(u.changed) {
		return
	}
	raw, err := read(u.path, 16<<20)
	if err != nil {
		return
	}
	u.changed, u.names = info.ModTime(), map[uint32]string{}
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(line, ":")
		if len(fields) < 4 {
			continue
		}
		if id, err := strconv.ParseUint(fields[2], 10, 32); err == nil && u.names[uint32(id)] == "" {
			u.names[uint32(id)] = fields[0]
		}
	}
}
