package installer

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/sassoftware/relic/v7/lib/comdoc"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/authenticode"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// Prepare returns a program or an MSI package with an empty place for a
// configuration. It is called once for each file, after it was signed: what it
// adds to a signature does no harm to it. A file that has a place already gets it
// emptied.
//
// The file is the operator's own, not a stranger's.
func Prepare(file []byte) ([]byte, error) {
	place, err := tag.Find(bytes.NewReader(file), int64(len(file)))
	switch {
	case err == nil:
		file = bytes.Clone(file)
		return file, place.Write(file, nil)
	case !errors.Is(err, tag.ErrNoPlace):
		return nil, fault.Wrap(fault.Invalid, err, "the client cannot be prepared")
	case bytes.HasPrefix(file, []byte(authenticode.PackageMagic)):
		return preparePackage(file)
	case bytes.HasPrefix(file, []byte(authenticode.Magic)):
		return prepareProgram(file)
	}
	return nil, fault.Wrap(fault.Invalid, err, "the client cannot be prepared")
}

func prepareProgram(program []byte) ([]byte, error) {
	r := bytes.NewReader(program)
	table, err := authenticode.FindTable(r, r.Size())
	if err != nil {
		return nil, err
	}
	if table.Size == 0 {
		// After the end of a program may be anything: Windows does not load it, and
		// takes the program for what it is, not signed. A table with a signature that
		// nobody made would be taken for a broken one.
		padding := make([]byte, -len(program)&7)
		out := bytes.Join([][]byte{program, padding, tag.EmptySlot()}, nil)
		table.SetChecksum(out)
		return out, nil
	}
	signature, _, err := table.Signature(r)
	if err != nil {
		return nil, err
	}
	if signature, err = addPlace(signature); err != nil {
		return nil, err
	}
	return table.Replace(program, signature)
}

func preparePackage(msi []byte) ([]byte, error) {
	signature, err := authenticode.PackageSignature(bytes.NewReader(msi))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.Invalid, err, "the package is neither signed nor one of El Jefe's own, which have a place for a configuration")
	}
	if err != nil {
		return nil, err
	}
	if signature, err = addPlace(signature); err != nil {
		return nil, err
	}
	return replaceStream(msi, authenticode.SignatureStream, signature)
}

// replaceStream returns the compound file with other content in one of its
// streams.
func replaceStream(compound []byte, name string, content []byte) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "eljefe-client-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the package: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "package.msi")
	if err := os.WriteFile(path, compound, 0o600); err != nil {
		return nil, fmt.Errorf("write the package: %w", err)
	}
	document, err := comdoc.WritePath(path)
	if err != nil {
		return nil, fmt.Errorf("open the package: %w", err)
	}
	if err := errors.Join(document.AddFile(name, content), document.Close()); err != nil {
		return nil, fmt.Errorf("change the package: %w", err)
	}
	return os.ReadFile(path)
}

// addPlace adds a certificate with an empty slot to a signature.
func addPlace(signature []byte) ([]byte, error) {
	certificate, err := Certificate()
	if err != nil {
		return nil, err
	}
	return authenticode.AddCertificate(signature, certificate)
}

// Certificate returns a certificate in DER that nobody signs with: it expired
// long ago, and its issuer does not exist. It has an empty place for a
// configuration. Signing tools can add it at once: osslsigncode sign -ac,
// signtool sign /ac.
func Certificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for the place: %w", err)
	}
	begin := time.Date(2013, time.January, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "El Jefe client configuration"},
		NotBefore: begin, NotAfter: begin.AddDate(0, 0, 1),
		ExtraExtensions: []pkix.Extension{{Id: tag.OID(), Value: tag.EmptySlot()}},
	}
	nobody := &x509.Certificate{Subject: pkix.Name{CommonName: "nobody"}, PublicKey: key.Public()}
	certificate, err := x509.CreateCertificate(rand.Reader, template, nobody, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for the place: %w", err)
	}
	return certificate, nil
}
