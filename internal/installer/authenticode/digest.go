package authenticode

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/richardlehane/mscfb"
)

// Digest returns the SHA-256 of what a signature of a program covers, be it signed
// or not: all but the checksum, the table of signatures and the table's entry,
// filled up to eight bytes.
func Digest(program []byte) (sum [sha256.Size]byte, err error) {
	t, err := FindTable(bytes.NewReader(program), int64(len(program)))
	if err != nil {
		return sum, err
	}
	end := int64(len(program))
	if t.Size != 0 {
		if end = t.Offset; t.Offset+t.Size != int64(len(program)) {
			return sum, errors.New("the signature is not at the program's end: sign it anew with osslsigncode or signtool")
		}
	}
	h := sha256.New()
	for _, part := range [][2]int64{{0, t.Checksum}, {t.Checksum + 4, t.Entry}, {t.Entry + 8, end}} {
		h.Write(program[part[0]:part[1]]) // never fails
	}
	h.Write(make([]byte, -end&7))
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// maxStreams bounds what a package may hold; one of ours has some thirty streams.
const maxStreams = 10_000

// PackageDigest returns a SHA-256 over the names and contents of an MSI package's
// streams but for its signature: of the same package, signed or not, it is the
// same. It is not the one that a signature has.
func PackageDigest(r io.ReaderAt) (sum [sha256.Size]byte, err error) {
	file, err := mscfb.New(r)
	if err != nil {
		return sum, fmt.Errorf("read the package: %w", err)
	}
	streams := map[string][sha256.Size]byte{}
	for f, err := file.Next(); !errors.Is(err, io.EOF); f, err = file.Next() {
		if err != nil {
			return sum, fmt.Errorf("read the package: %w", err)
		}
		if f.FileInfo().IsDir() || len(f.Path) == 0 && isSignature(fullName(f)) {
			continue
		}
		h := sha256.New()
		if n, err := io.Copy(h, f); err != nil || n != f.Size {
			return sum, fmt.Errorf("read the package: the stream %q has %d of %d bytes: %w", fullName(f), n, f.Size, errors.Join(err, io.ErrUnexpectedEOF))
		}
		if len(streams) == maxStreams {
			return sum, errors.New("the package has too many streams")
		}
		streams[fmt.Sprintf("%q %q", f.Path, fullName(f))] = [sha256.Size]byte(h.Sum(nil))
	}
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		digest := streams[name]
		all.Write(binary.BigEndian.AppendUint32(nil, uint32(len(name))))
		all.Write([]byte(name))
		all.Write(digest[:])
	}
	return [sha256.Size]byte(all.Sum(nil)), nil
}

func isSignature(name string) bool {
	return name == SignatureStream || name == "\x05MsiDigitalSignatureEx"
}
