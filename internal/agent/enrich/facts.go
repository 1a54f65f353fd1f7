package enrich

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/eljefe/eljefe/internal/event"
)

// identity is what a file system says of a file. A file whose content is another
// has another one: nobody can set back the time of the last change.
type identity struct {
	device, inode    uint64
	size             int64
	modified, change int64 // Unix time in nanoseconds
}

// facts are what is known of a file's content.
type facts struct {
	size              uint64
	sha256, sha1, md5 string
	note              packageNote
}

// apply adds facts to an event; what it says already stays.
func (f *facts) apply(p *event.Process) {
	if f == nil {
		return
	}
	p.SHA256, p.SHA1, p.MD5, p.FileSize = f.sha256, f.sha1, f.md5, f.size
	for _, text := range []struct {
		to   *string
		from string
	}{{&p.Product, f.note.Name}, {&p.FileVersion, f.note.Version}, {&p.Company, f.note.OS}} {
		if *text.to == "" && len(text.from) <= event.MaxText/4 {
			*text.to = text.from
		}
	}
}

// content is read in pieces of this size.
const piece = 128 << 10

// readFacts reads a file of that size.
func readFacts(r *io.SectionReader, size int64) (*facts, error) {
	// The weak hashes are there because others' lists are of them.
	strong, weak, weakest := sha256.New(), sha1.New(), md5.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(strong, weak, weakest)}, struct{ io.Reader }{r}, make([]byte, piece))
	if err != nil {
		return nil, err
	}
	if n != size {
		return nil, errors.New("the file was cut short meanwhile")
	}
	return &facts{
		size: uint64(n), note: readPackageNote(r),
		sha256: hex.EncodeToString(strong.Sum(nil)), sha1: hex.EncodeToString(weak.Sum(nil)), md5: hex.EncodeToString(weakest.Sum(nil)),
	}, nil
}
