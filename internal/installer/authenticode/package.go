package authenticode

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/richardlehane/mscfb"
)

// PackageMagic is what every MSI package begins with: it is a compound file.
const PackageMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// SignatureStream is the stream in which a signed MSI package has its signature.
const SignatureStream = "\x05DigitalSignature"

// Stream returns the stream with that name in the topmost folder of a compound
// file, or an error that is fs.ErrNotExist.
func Stream(r io.ReaderAt, name string) (*mscfb.File, error) {
	file, err := mscfb.New(r)
	if err != nil {
		return nil, fmt.Errorf("read the package: %w", err)
	}
	for {
		f, err := file.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("the stream %q: %w", name, fs.ErrNotExist)
		case err != nil:
			return nil, fmt.Errorf("read the package: %w", err)
		case len(f.Path) == 0 && fullName(f) == name && !f.FileInfo().IsDir():
			return f, nil
		}
	}
}

// fullName returns a stream's name with its first character, which mscfb tells
// apart from the rest if it is none that can be printed.
func fullName(f *mscfb.File) string {
	if f.Initial < ' ' {
		return string(rune(f.Initial)) + f.Name
	}
	return f.Name
}

// PackageSignature returns the signature of an MSI package, a PKCS#7 SignedData in
// DER. The error is fs.ErrNotExist if it has none.
func PackageSignature(r io.ReaderAt) ([]byte, error) {
	stream, err := Stream(r, SignatureStream)
	if err != nil {
		return nil, err
	}
	if stream.Size > MaxSignature {
		return nil, fmt.Errorf("the signature has %d bytes; at most %d are expected", stream.Size, MaxSignature)
	}
	signature, err := io.ReadAll(io.LimitReader(stream, MaxSignature))
	if err == nil && int64(len(signature)) != stream.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("read the package's signature: %w", err)
	}
	return signature, nil
}
