package installer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/authenticode"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// Bare returns a program or an MSI package as it is to be signed: without the
// place that an unsigned program has after its end, which would be signed with it
// and be of no use any more.
func Bare(file []byte) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte(authenticode.Magic)) {
		return bytes.Clone(file), nil
	}
	place, err := tag.Find(bytes.NewReader(file), int64(len(file)))
	if errors.Is(err, tag.ErrNoPlace) || err == nil && place.Signed {
		return bytes.Clone(file), nil
	}
	if err != nil {
		return nil, err
	}
	bare := bytes.Clone(file[:len(file)-tag.SlotSize])
	table, err := authenticode.FindTable(bytes.NewReader(bare), int64(len(bare)))
	if err != nil {
		return nil, err
	}
	table.SetChecksum(bare)
	return bare, nil
}

// Essence returns a digest of what a program or an MSI package is but for its
// signature and its place for a configuration: it tells from which file a signed
// one was made.
func Essence(file []byte) (sum [sha256.Size]byte, err error) {
	switch {
	case bytes.HasPrefix(file, []byte(authenticode.PackageMagic)):
		return authenticode.PackageDigest(bytes.NewReader(file))
	case bytes.HasPrefix(file, []byte(authenticode.Magic)):
		bare, err := Bare(file)
		if err != nil {
			return sum, err
		}
		return authenticode.Digest(bare)
	}
	return sum, fault.Invalidf("this is neither a program for Windows nor an MSI package")
}

// SignerOf returns the name in the certificate by which a program or an MSI package
// is signed, or "" if it is not. It is what the file says: nobody has verified it.
func SignerOf(file []byte) (string, error) {
	r := bytes.NewReader(file)
	var signature []byte
	switch {
	case bytes.HasPrefix(file, []byte(authenticode.PackageMagic)):
		var err error
		if signature, err = authenticode.PackageSignature(r); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		} else if err != nil {
			return "", err
		}
	default:
		table, err := authenticode.FindTable(r, r.Size())
		if err != nil || table.Size == 0 {
			return "", err
		}
		if signature, _, err = table.Signature(r); err != nil {
			return "", err
		}
	}
	signer, err := authenticode.Signer(signature)
	if err != nil {
		return "", fmt.Errorf("read who signed: %w", err)
	}
	for _, name := range []string{signer.Subject.CommonName, signer.Subject.String()} {
		if name != "" {
			return name, nil
		}
	}
	return "unnamed", nil
}
