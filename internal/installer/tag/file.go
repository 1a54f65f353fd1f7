package tag

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/eljefe/eljefe/internal/installer/authenticode"
)

// clientStream is the row Client of the table Binary in an MSI package: the name
// of its stream packs two characters into one.
const clientStream = "\u430b\u4131\u4735\u3b3e\u432f\u4468\u4837"

// ErrNoPlace says that a file has no slot: it was not made by El Jefe, or another
// program took it out.
var ErrNoPlace = errors.New("this file has no place for a configuration")

// Place is where a file has its slot.
type Place struct {
	// Signed tells that the slot is in the file's signature, as a certificate that
	// nobody signs with. Otherwise the file is not signed, and the slot stands where
	// nothing else is: after the program's end, or as a stream of the package.
	Signed bool

	stream string              // of a package, the stream that it is in
	offset int64               // in the stream, or in the program
	table  *authenticode.Table // of a program
}

// Find finds the slot of a program or an MSI package of size bytes. If there is
// none, the error is ErrNoPlace.
func Find(r io.ReaderAt, size int64) (*Place, error) {
	begin := make([]byte, len(authenticode.PackageMagic))
	if _, err := r.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case string(begin) == authenticode.PackageMagic:
		return findInPackage(r)
	case bytes.HasPrefix(begin, []byte(authenticode.Magic)):
		return findInProgram(r, size)
	}
	return nil, fmt.Errorf("%w: it is neither a program for Windows nor an MSI package", ErrNoPlace)
}

func findInProgram(r io.ReaderAt, size int64) (*Place, error) {
	table, err := authenticode.FindTable(r, size)
	if err != nil {
		return nil, err
	}
	if table.Size == 0 {
		slot := make([]byte, SlotSize)
		if size-SlotSize < table.Entry+8 {
			return nil, ErrNoPlace
		}
		if _, err := r.ReadAt(slot, size-SlotSize); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if !looksLikeSlot(slot) {
			return nil, ErrNoPlace
		}
		return &Place{offset: size - SlotSize, table: table}, nil
	}
	signature, at, err := table.Signature(r)
	if err != nil {
		return nil, err
	}
	offset, err := findInSignature(signature)
	if err != nil {
		return nil, err
	}
	return &Place{Signed: true, offset: at + int64(offset), table: table}, nil
}

func findInPackage(r io.ReaderAt) (*Place, error) {
	signature, err := authenticode.PackageSignature(r)
	if errors.Is(err, fs.ErrNotExist) {
		stream, err := authenticode.Stream(r, clientStream)
		if errors.Is(err, fs.ErrNotExist) || err == nil && stream.Size != SlotSize {
			return nil, ErrNoPlace
		}
		if err != nil {
			return nil, err
		}
		return &Place{stream: clientStream}, nil
	}
	if err != nil {
		return nil, err
	}
	offset, err := findInSignature(signature)
	if err != nil {
		return nil, err
	}
	return &Place{Signed: true, stream: authenticode.SignatureStream, offset: int64(offset)}, nil
}

// findInSignature returns where in a signature the slot begins.
func findInSignature(signature []byte) (int, error) {
	list, err := authenticode.Certificates(signature)
	if err != nil {
		return 0, err
	}
	oid, err := asn1.Marshal(OID())
	if err != nil {
		return 0, err
	}
	for _, der := range list {
		if !bytes.Contains(der, oid) {
			continue
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return 0, fmt.Errorf("%w (the certificate around it: %w)", ErrDamaged, err)
		}
		for _, extension := range cert.Extensions {
			if !extension.Id.Equal(OID()) {
				continue
			}
			if !looksLikeSlot(extension.Value) {
				return 0, fmt.Errorf("%w (its place is marked wrongly)", ErrDamaged)
			}
			return bytes.Index(signature, der) + bytes.Index(der, extension.Value), nil
		}
	}
	return 0, ErrNoPlace
}

// Read returns the document in the slot, or ErrNone.
func (p *Place) Read(r io.ReaderAt) ([]byte, error) {
	if p.stream != "" {
		stream, err := authenticode.Stream(r, p.stream)
		if err != nil {
			return nil, err
		}
		r = stream
	}
	slot := make([]byte, SlotSize)
	if n, err := r.ReadAt(slot, p.offset); n < len(slot) {
		return nil, fmt.Errorf("read the client's configuration: %w", err)
	}
	return read(slot)
}

// Write puts a document, or nil for none, into the slot of the file, which must
// be the one that the place was found in. Its length and its signature stay.
func (p *Place) Write(file, document []byte) error {
	slot, err := fill(document)
	if err != nil {
		return err
	}
	if p.stream != "" {
		stream, err := authenticode.Stream(memory(file), p.stream)
		if err != nil {
			return err
		}
		if n, err := stream.WriteAt(slot, p.offset); n < len(slot) {
			return fmt.Errorf("write the client's configuration: %w", err)
		}
		return nil
	}
	copy(file[p.offset:], slot)
	p.table.SetChecksum(file)
	return nil
}

// memory is a file that can be changed in place, and does not grow.
type memory []byte

// ReadAt implements io.ReaderAt.
func (m memory) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(m).ReadAt(p, at) }

// WriteAt implements io.WriterAt.
func (m memory) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at > int64(len(m)) {
		return 0, io.ErrShortWrite
	}
	n := copy(m[at:], p)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// FromFile returns the configuration that the program or the MSI package at path
// carries. The error is ErrNone or ErrNoPlace if there is none.
func FromFile(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("look for the client's configuration: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look for the client's configuration: %w", err)
	}
	place, err := Find(f, info.Size())
	if err != nil {
		return nil, err
	}
	document, err := place.Read(f)
	if err != nil {
		return nil, err
	}
	return Open(document)
}

// Blank takes the configuration out of a client, if it has one, so that a copy of
// it that others can read holds no secret.
func Blank(client []byte) error {
	place, err := Find(bytes.NewReader(client), int64(len(client)))
	if errors.Is(err, ErrNoPlace) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take the configuration out of the client: %w", err)
	}
	return place.Write(client, nil)
}
