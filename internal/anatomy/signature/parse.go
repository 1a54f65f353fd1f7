package signature

import (
	"crypto"
	_ "crypto/md5" // for crypto.Hash
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
	"unicode/utf16"
)

// Names of things in signatures, as asn1.ObjectIdentifier writes them.
const (
	oidSignedData       = "1.2.840.113549.1.7.2"
	oidMessageDigest    = "1.2.840.113549.1.9.4"
	oidSigningTime      = "1.2.840.113549.1.9.5"
	oidCountersignature = "1.2.840.113549.1.9.6"
	oidTimeStampInfo    = "1.2.840.113549.1.9.16.1.4"
	oidIndirectData     = "1.3.6.1.4.1.311.2.1.4" // what Authenticode signs
	oidProgramInfo      = "1.3.6.1.4.1.311.2.1.12"
	oidNested           = "1.3.6.1.4.1.311.2.4.1"
	oidTimeStamp        = "1.3.6.1.4.1.311.3.3.1" // by RFC 3161
)

// PKCS#7 and CMS: RFC 2315 and 5652.
type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Content      contentInfo
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Revocations  asn1.RawValue `asn1:"optional,tag:1"`
		Signers      []signerInfo  `asn1:"set"`
	}
	signerInfo struct {
		Version         int
		Issuer          issuerAndSerial
		Digest          pkix.AlgorithmIdentifier
		Authenticated   asn1.RawValue `asn1:"optional,tag:0"`
		Algorithm       pkix.AlgorithmIdentifier
		Signature       []byte
		Unauthenticated asn1.RawValue `asn1:"optional,tag:1"`
	}
	issuerAndSerial struct {
		Name   asn1.RawValue
		Serial *big.Int
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values asn1.RawValue `asn1:"set"`
	}
)

// indirectData is what Authenticode signs: SpcIndirectDataContent.
type indirectData struct {
	Data   asn1.RawValue
	Digest struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
}

// timeStampInfo is what a time stamp signs: TSTInfo of RFC 3161, as far as needed.
type timeStampInfo struct {
	Version int
	Policy  asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Serial *big.Int
	Time   time.Time `asn1:"generalized"`
}

// signed is a signature in pieces.
type signed struct {
	nested bool
	err    error   // why it could not be read
	what   Problem // that err is

	content      []byte // what was signed, without its tag and length
	contentType  string
	certificates []*x509.Certificate
	signer       signerInfo
	attributes   attributes // that are signed
	others       attributes
	inner        [][]byte // signatures within this one
	checked      map[[2]*x509.Certificate]bool

	hash   crypto.Hash // of the file; 0: not known
	digest []byte      // of the file, that was signed
}

// attributes are what a signer adds.
type attributes map[string]asn1.RawValue

// parse takes a signature to pieces, as far as it goes.
func parse(der []byte) *signed {
	s, err := parseSignedData(der)
	if err != nil {
		return &signed{err: err, what: Unreadable}
	}
	for rest := s.others[oidNested].Bytes; len(rest) > 0 && len(s.inner) < mostSignatures; {
		var one asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			break
		}
		s.inner = append(s.inner, one.FullBytes)
	}
	if s.contentType != oidIndirectData {
		s.err, s.what = fmt.Errorf("it signs %s, which is no digest of a program", s.contentType), ForeignContent
		return s
	}
	var what indirectData
	if err := unmarshalSequence(s.content, &what); err != nil {
		s.err, s.what = fmt.Errorf("what it signs is damaged: %w", err), Unreadable
		return s
	}
	s.digest = what.Digest.Digest
	if s.hash = hashOf(what.Digest.Algorithm.Algorithm); s.hash == 0 {
		s.err, s.what = fmt.Errorf("its digest is of the unknown kind %s", what.Digest.Algorithm.Algorithm), UnknownAlgorithm
	}
	return s
}

// unmarshalSequence reads a SEQUENCE whose content is given.
func unmarshalSequence(content []byte, to any) error {
	whole, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content})
	if err != nil {
		return err
	}
	_, err = asn1.Unmarshal(whole, to)
	return err
}

// parseSignedData reads a SignedData, of any content and with one signer.
func parseSignedData(der []byte) (*signed, error) {
	var outer contentInfo
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil, fmt.Errorf("it is no PKCS#7: %w", err)
	}
	if outer.Type.String() != oidSignedData {
		return nil, fmt.Errorf("it is PKCS#7 of the type %s, which is no SignedData", outer.Type)
	}
	var data signedData
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil {
		return nil, fmt.Errorf("its SignedData is damaged: %w", err)
	}
	if len(data.Signers) != 1 {
		return nil, fmt.Errorf("it has %d signers; one is expected", len(data.Signers))
	}
	s := &signed{contentType: data.Content.Type.String(), signer: data.Signers[0]}
	var content asn1.RawValue
	if _, err := asn1.Unmarshal(data.Content.Content.Bytes, &content); err == nil {
		s.content = content.Bytes
	}
	s.certificates = parseCertificates(data.Certificates.Bytes)
	s.attributes, s.others = parseAttributes(s.signer.Authenticated.Bytes), parseAttributes(s.signer.Unauthenticated.Bytes)
	return s, nil
}

// parseCertificates reads those that can be read: nothing forbids others among them.
func parseCertificates(raw []byte) (list []*x509.Certificate) {
	for range mostCertificates {
		var one asn1.RawValue
		rest, err := asn1.Unmarshal(raw, &one)
		if err != nil {
			break
		}
		if c, err := x509.ParseCertificate(one.FullBytes); err == nil {
			list = append(list, c)
		}
		raw = rest
	}
	return list
}

// parseAttributes reads attributes; of several with one name the first.
func parseAttributes(raw []byte) attributes {
	list := attributes{}
	for len(raw) > 0 {
		var a attribute
		rest, err := asn1.Unmarshal(raw, &a)
		if err != nil {
			break
		}
		if _, twice := list[a.Type.String()]; !twice {
			list[a.Type.String()] = a.Values
		}
		raw = rest
	}
	return list
}

// get reads an attribute's first value.
func (a attributes) get(name string, to any) bool {
	_, err := asn1.Unmarshal(a[name].Bytes, to)
	return err == nil
}

// time returns when the signer claims that he signed.
func (a attributes) time() *time.Time {
	var t time.Time
	if !a.get(oidSigningTime, &t) {
		return nil
	}
	t = t.UTC()
	return &t
}

// program returns what the signer calls the program, and an address: SpcSpOpusInfo.
func (a attributes) program() (name, address string) {
	var info struct {
		Name asn1.RawValue `asn1:"optional,explicit,tag:0"`
		More asn1.RawValue `asn1:"optional,explicit,tag:1"`
	}
	if !a.get(oidProgramInfo, &info) {
		return "", ""
	}
	// Both are choices: a name in UTF-16 or in ASCII, an address in ASCII.
	var text asn1.RawValue
	if _, err := asn1.Unmarshal(info.Name.Bytes, &text); err == nil && text.Tag == 0 {
		units := make([]uint16, 0, len(text.Bytes)/2)
		for b := text.Bytes; len(b) >= 2; b = b[2:] {
			units = append(units, uint16(b[0])<<8|uint16(b[1]))
		}
		name = string(utf16.Decode(units))
	} else if err == nil {
		name = string(text.Bytes)
	}
	if _, err := asn1.Unmarshal(info.More.Bytes, &text); err == nil && text.Tag == 0 {
		address = string(text.Bytes)
	}
	return name, address
}

// hashOf returns the digest of that name, 0 for an unknown one.
func hashOf(oid asn1.ObjectIdentifier) crypto.Hash {
	switch oid.String() {
	case "1.2.840.113549.2.5":
		return crypto.MD5
	case "1.3.14.3.2.26":
		return crypto.SHA1
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	}
	return 0
}
