// Package anatomy takes a binary to pieces: what kind of file it is, how it is laid
// out, what it imports and exports, who signed it, what runs first, where it is
// packed, and what is odd about it.
//
// It reads each file once from end to end, for hashes, entropy and what signatures
// cover, and beside that the tables that the headers lead to. The files are hostile:
// whatever they hold, it neither panics nor works or grows without end, and what it
// cannot read it says. Memory is bounded by some 16 MB however large the file.
//
// It decides nothing: whether a file is good or bad, what is odd about it only hints
// at. It knows no network and no database; keeping facts is the store's, and the few
// that an agent tells of a file it reads itself (packages pe and elf, which this
// one builds on).
package anatomy

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy/claim"
	"github.com/eljefe/eljefe/internal/anatomy/signature"
	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/elf"
	"github.com/eljefe/eljefe/internal/pe"
)

// longestText bounds a text of a file, in bytes.
const longestText = 512

// Of returns the facts of a file of that size. The present time is what stamps are
// compared with. An error says that the file could not be read as a file; one that
// is damaged has facts all the same.
func Of(r io.ReaderAt, size int64, now time.Time) (*Facts, error) {
	d := &dissection{Facts: &Facts{Version: Version, Size: size, Format: Other}, r: r, now: now}
	switch image, err := pe.Open(r, size); {
	case err == nil:
		return d.Facts, d.readImage(image)
	case !errors.Is(err, pe.ErrNoPE):
		d.Format = MZ
		d.unread("headers", err)
	default:
		if program, ok := elf.Open(io.NewSectionReader(r, 0, size)); ok {
			return d.Facts, d.readELF(program)
		}
		d.readText()
	}
	_, err := d.pass(nil)
	return d.Facts, err
}

// A dissection is one file while its facts are read.
type dissection struct {
	*Facts
	r     io.ReaderAt
	now   time.Time
	file  *pe.File // nil: it is no image
	parts []part   // whose entropy is wanted

	names map[disasm.Address]string // of functions, by the places that their addresses are put in
}

// readText looks at the first line of a file that is no program of a known kind.
func (d *dissection) readText() {
	head := make([]byte, min(longestText, d.Size))
	n, _ := d.r.ReadAt(head, 0) // whether it can be read, the pass over the whole file says
	head = head[:n]
	if bytes.HasPrefix(head, []byte("MZ")) {
		d.Format = MZ
	}
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	if !isScript {
		return
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	program, arguments, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	if program == "" {
		return
	}
	d.Format, d.Role = Interpreted, Program
	d.Script = &Script{Interpreter: text(program), Arguments: text(strings.TrimSpace(arguments))}
}

// readImage reads an executable of Windows.
func (d *dissection) readImage(file *pe.File) error {
	d.file, d.Format, d.Machine = file, PE32, file.Machine.String()
	if file.Wide {
		d.Format = PE32Plus
	}
	d.Managed = file.Directories[pe.ManagedDirectory].Size > 0
	signatures, err := signature.Open(d.r, d.Size)
	if err != nil {
		d.unread("signatures", err)
	}
	d.readHeaders()
	resources := d.readResources()
	// Everything else is read while the whole file is: neither touches what the other does.
	var digests map[crypto.Hash][]byte
	var failed error
	var beside sync.WaitGroup
	beside.Go(func() { digests, failed = d.pass(signatures) })
	d.readImports()
	d.Role = d.role()
	d.readExports()
	d.readRich()
	d.Image.Icon = d.icon(resources)
	d.readVersion()
	d.readDebug()
	d.readCallbacks()
	d.readEntry()
	beside.Wait()
	if failed != nil {
		return failed
	}
	if err := file.Err(); err != nil && !errors.Is(err, pe.ErrTooMuch) {
		return fmt.Errorf("read the tables: %w", err)
	}
	if signatures != nil {
		d.Image.Signatures, d.Image.BehindSignature = signatures.Check(digests, d.now), signatures.Behind()
	}
	d.judge()
	return nil
}

// unread notes that a part of the file could not be read.
func (d *dissection) unread(part string, err error) {
	d.Unread = append(d.Unread, Unread{Part: part, Why: text(err.Error())})
}

// text makes a text of a file one that can be kept.
func text(s string) string { return claim.Text(s, longestText) }
