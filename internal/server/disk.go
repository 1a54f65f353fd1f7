package server

import (
	"errors"
	"io/fs"

	"github.com/eljefe/eljefe/internal/fault"
)

// diskReserve is kept free for the database: with no space for its log it can
// neither write nor start, and nobody could even look at what is stored.
const diskReserve = 64 << 20

// DiskGuard returns a function that refuses to take need more bytes when that
// would leave too little space on the disk of dir.
func DiskGuard(dir string) func(need int64) error {
	return func(need int64) error {
		free, err := freeBytes(dir)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrNotExist) {
			return nil // not known here, or nothing of ours is there
		}
		if err != nil {
			return err
		}
		if free >= diskReserve+uint64(max(need, 0)) {
			return nil
		}
		return fault.New(fault.Unavailable, "the server's disk is full: %d MiB are left in its data directory, %d MiB of which are kept for the database; free space, then try again: nothing that was acknowledged is lost",
			free>>20, diskReserve>>20).Coded("disk_full_data", "left_mib", "kept_mib")
	}
}
