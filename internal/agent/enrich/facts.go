package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/elf"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/pe"
)

// identity is what a file system says of a file. A file whose content is another
// has another one: nobody can set back the time of the last change.
type identity struct {
	volume           uint64
	file             [16]byte // number of the file within the volume
	size             int64
	modified, change int64 // Unix time in nanoseconds
}

// facts are what is known of a file's content.
type facts struct {
	size uint64
	hashes
	missing map[string]Reason // what could not be read of it

	architecture string
	entropy      *float64 // of the code at the entry point; nil: there is none
	entrySHA256  string

	// What it says of itself.
	originalName, description, product, company, version string

	// Of an executable of Windows.
	executable   bool
	hasSignature bool
	imphash      string
	compiled     time.Time
	stamp        loaded
}

// loaded is what the headers of an image and the kernel that loaded it both say.
type loaded struct{ timeDateStamp, checksum uint32 }

// longestClaim is what is taken of a text that a file says of itself, in bytes.
const longestClaim = event.MaxText / 4

// readFacts reads a file of that size.
func readFacts(r *io.SectionReader, size int64) (*facts, error) {
	h, n, err := readHashes(r)
	if err != nil {
		return nil, err
	}
	if n != size {
		return nil, Changed // it was cut short meanwhile
	}
	f := &facts{size: uint64(n), hashes: h}
	f.readPE(r)
	if !f.executable {
		f.readELF(r)
	}
	return f, nil
}

// readPE reads the facts of an executable of Windows, if the file is one. What is
// damaged leaves the others as they are.
func (f *facts) readPE(r *io.SectionReader) {
	file, err := pe.Open(r, r.Size())
	if errors.Is(err, pe.ErrNoPE) {
		return
	}
	f.executable = true
	if err != nil {
		f.miss(Failed, "pe")
		return
	}
	f.architecture, f.compiled, f.hasSignature = file.Machine.String(), file.Compiled(), file.HasSignature()
	f.stamp = loaded{file.TimeDateStamp, file.Checksum}
	if f.imphash, err = file.IMPHASH(); err != nil {
		f.miss(Failed, "imphash")
	}
	version, err := file.Version()
	if err != nil {
		f.miss(Failed, "version")
	}
	f.originalName, f.description, f.product = version.OriginalFileName, version.Description, version.Product
	f.company, f.version = version.Company, version.FileVersion
	code, err := file.EntryCode()
	if err != nil {
		f.miss(Failed, "entry")
	}
	f.setCode(code)
}

// readELF reads the facts of a program of Linux, if the file is one.
func (f *facts) readELF(r io.ReaderAt) {
	file, ok := elf.Open(r)
	if !ok {
		return
	}
	note := file.PackageNote()
	f.product, f.version, f.company = note.Name, note.Version, note.OS
	f.architecture = file.Architecture()
	f.setCode(file.EntryCode())
}

// setCode takes the code at the entry point.
func (f *facts) setCode(code []byte) {
	if len(code) == 0 {
		return
	}
	bits := math.Round(pe.Entropy(code)*100) / 100
	sum := sha256.Sum256(code)
	f.entropy, f.entrySHA256 = &bits, hex.EncodeToString(sum[:])
}

func (f *facts) miss(why Reason, fact string) {
	if f.missing == nil {
		f.missing = map[string]Reason{}
	}
	f.missing[fact] = why
}

// apply adds facts to an event; what it says already stays.
func (f *facts) apply(p *event.Process) {
	p.SHA256, p.SHA1, p.MD5, p.FileSize = f.sha256, f.sha1, f.md5, f.size
	p.EntropyEntry, p.EntrySHA256 = f.entropy, f.entrySHA256
	if p.Compiled.IsZero() {
		p.Compiled = f.compiled
	}
	for _, text := range []struct {
		to   *string
		from string
	}{
		{&p.IMPHASH, f.imphash}, {&p.Architecture, f.architecture}, {&p.OriginalFileName, f.originalName}, {&p.Description, f.description},
		{&p.Product, f.product}, {&p.Company, f.company}, {&p.FileVersion, f.version},
	} {
		if *text.to == "" {
			*text.to = cut(text.from, longestClaim)
		}
	}
	for fact, why := range f.missing {
		Miss(p, why, fact)
	}
}

// cut returns the beginning of s that has at most most bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
