// Package signature reads and checks the signatures that programs for Windows carry
// (Authenticode): who signed, when, who says when, and whether what was signed is
// what the file is.
//
// It promises that a signature it calls verified was made with the key of the
// certificate that it names, over exactly this file. Whether that certificate is
// anything to trust it leaves to others: it has no list of authorities, asks nobody,
// and takes the certificates that come with the signature for what they are, claims.
// Catalogues of signatures, which lie outside of the file, are the station's to know.
//
// The files are hostile. It neither panics nor computes without end: how many
// signatures and certificates are looked at, and how large their keys may be, is
// bounded.
package signature

import (
	"crypto"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/eljefe/eljefe/internal/installer/authenticode"
)

// Limits on what is believed of a file.
const (
	mostTable        = 4 << 20 // bytes of the table of signatures
	mostSignatures   = 8
	mostCertificates = 32
	longestChain     = 10
)

// A Problem is why a signature is not verified.
type Problem string

// The problems, in the order in which they are looked for.
const (
	Unreadable       Problem = "unreadable"        // it is no signature, or one in a form that nobody knows
	UnknownAlgorithm Problem = "unknown_algorithm" // its digest or its key is of a kind that is not known here
	ForeignContent   Problem = "foreign_content"   // what was signed is something else than this kind of signature signs
	NoCertificate    Problem = "no_certificate"    // the signer's certificate is not there, or cannot be read
	WrongSignature   Problem = "wrong_signature"   // it was not made with the key of the certificate
	WrongDigest      Problem = "wrong_digest"      // the file is not the one that was signed
	DataBehind       Problem = "data_behind"       // there is something in the file behind the signatures
	BrokenChain      Problem = "broken_chain"      // a certificate was not issued by the one that it names, which is there
	OutsideValidity  Problem = "outside_validity"  // the signer's certificate was not valid when it was made, or is not now and nobody says when
)

// A Signature is one of a file.
type Signature struct {
	Verified bool    `json:"verified"`          // it was made with the signer's key over this file
	Problem  Problem `json:"problem,omitempty"` // why it is not verified
	Detail   string  `json:"detail,omitempty"`  // of the problem, for people

	Algorithm    string `json:"algorithm,omitempty"`     // of the digest: sha1, sha256, ...
	SignedDigest string `json:"signed_digest,omitempty"` // that was signed, in hexadecimal
	FileDigest   string `json:"file_digest,omitempty"`   // that the file has: of all but its checksum and its signatures

	Chain       []Certificate `json:"chain,omitempty"`        // the signer's certificate, the one that issued it, and so on, as far as the file has them
	Program     string        `json:"program,omitempty"`      // what the signer calls it
	MoreInfo    string        `json:"more_info,omitempty"`    // an address that the signer gives; hostile, and never to be followed by itself
	SigningTime *time.Time    `json:"signing_time,omitempty"` // as the signer claims
	Nested      bool          `json:"nested,omitempty"`       // it is within the signature before it

	Countersignature *Countersignature `json:"countersignature,omitempty"`
}

// A Countersignature says when a signature was there at the latest.
type Countersignature struct {
	Verified bool          `json:"verified"`
	Problem  Problem       `json:"problem,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Form     string        `json:"form"` // rfc3161, or pkcs9 for the older one
	Time     *time.Time    `json:"time,omitempty"`
	Chain    []Certificate `json:"chain,omitempty"`
}

// A Certificate is one that came with a signature.
type Certificate struct {
	Subject   string    `json:"subject"`
	Name      string    `json:"name"` // the common name of the subject, or its organization
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"` // in hexadecimal
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA1      string    `json:"sha1"` // of the certificate, as Windows shows it
	SHA256    string    `json:"sha256"`
	Key       string    `json:"key"`       // "RSA 2048", "ECDSA P-256"
	Algorithm string    `json:"algorithm"` // with which it was signed: "SHA256-RSA"

	// IssuerChecked tells that the next certificate of the chain signed this one; of
	// the last, that it signed itself.
	IssuerChecked bool `json:"issuer_checked"`
}

// A Set is all signatures of a file, read and not checked yet.
type Set struct {
	list   []*signed
	behind int64 // bytes of the file behind the table
	table  *authenticode.Table
}

// Open reads the signatures of a program of that size; nil: it has none. What can be
// read of a table that is damaged is in the set, beside the error.
func Open(r io.ReaderAt, size int64) (*Set, error) {
	t, err := authenticode.FindTable(r, size)
	if err != nil || t.Size == 0 {
		return nil, err
	}
	s := &Set{table: t, behind: size - t.Offset - t.Size}
	if t.Size > mostTable {
		return nil, fmt.Errorf("the table of signatures has %d bytes; at most %d are read", t.Size, mostTable)
	}
	raw := make([]byte, t.Size)
	if _, err := r.ReadAt(raw, t.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the table of signatures: %w", err)
	}
	for at := 0; at+8 <= len(raw); {
		length := int(binary.LittleEndian.Uint32(raw[at:]))
		if length < 8 || length > len(raw)-at {
			return s, fmt.Errorf("the table of signatures is damaged at its byte %d", at)
		}
		const signedData = 2 // WIN_CERT_TYPE_PKCS_SIGNED_DATA
		if binary.LittleEndian.Uint16(raw[at+6:]) == signedData {
			s.add(raw[at+8:at+length], false)
		}
		at += (length + 7) &^ 7
	}
	return s, nil
}

// add reads a signature and those that are in it.
func (s *Set) add(der []byte, nested bool) {
	if len(s.list) == mostSignatures {
		return
	}
	one := parse(der)
	one.nested = nested
	s.list = append(s.list, one)
	for _, inner := range one.inner {
		s.add(inner, true)
	}
}

// Hashes returns the kinds of digest of the file that Check needs.
func (s *Set) Hashes() []crypto.Hash {
	var list []crypto.Hash
	seen := map[crypto.Hash]bool{}
	for _, one := range s.list {
		if one.hash != 0 && !seen[one.hash] {
			seen[one.hash] = true
			list = append(list, one.hash)
		}
	}
	return list
}

// Covered returns which parts of the file a signature covers, from where to where:
// the digests are of these, one after the other.
func (s *Set) Covered() [][2]int64 {
	t := s.table
	return [][2]int64{{0, t.Checksum}, {t.Checksum + 4, t.Entry}, {t.Entry + 8, t.Offset}}
}

// Behind returns how many bytes the file has behind its signatures.
func (s *Set) Behind() int64 { return s.behind }

// Check returns all signatures, checked. It is given the file's digests, and the
// present time, which counts where no other party says when a signature was made.
func (s *Set) Check(digests map[crypto.Hash][]byte, now time.Time) []Signature {
	var list []Signature
	for _, one := range s.list {
		out := one.check(digests[one.hash], now)
		if out.Verified && s.behind > 0 {
			out.Verified, out.Problem = false, DataBehind
			out.Detail = fmt.Sprintf("%d bytes of the file are behind its signatures, which do not cover them", s.behind)
		}
		list = append(list, out)
	}
	return list
}
