package authenticode

import (
	encoding "encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	errNoSignature = errors.New("the signature is damaged: it is no PKCS#7 SignedData")

	explicit0 = asn1.Tag(0).ContextSpecific().Constructed()
)

// signedData is a PKCS#7 SignedData (RFC 2315, section 9.1), in pieces.
type signedData struct {
	before       []byte // version, digest algorithms and content, as they are
	certificates cryptobyte.String
	after        []byte // revocation lists and signers, as they are
}

// oidSignedData is a function because an OID is a slice, which others could change.
func oidSignedData() encoding.ObjectIdentifier {
	return encoding.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
}

// parse takes a signature to pieces. What follows it, as padding does, is ignored.
func parse(signature []byte) (*signedData, error) {
	var info, content, data, version, digests, signed cryptobyte.String
	var oid encoding.ObjectIdentifier
	in := cryptobyte.String(signature)
	if !in.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSignedData()) ||
		!info.ReadASN1(&content, explicit0) || !content.ReadASN1(&data, asn1.SEQUENCE) ||
		!data.ReadASN1Element(&version, asn1.INTEGER) || !data.ReadASN1Element(&digests, asn1.SET) || !data.ReadASN1Element(&signed, asn1.SEQUENCE) {
		return nil, errNoSignature
	}
	s := &signedData{}
	for _, part := range []cryptobyte.String{version, digests, signed} {
		s.before = append(s.before, part...)
	}
	if !data.ReadOptionalASN1(&s.certificates, nil, explicit0) {
		return nil, errNoSignature
	}
	s.after = data
	return s, nil
}

// Certificates returns the certificates in a signature, in DER, those of signers
// and all others.
func Certificates(signature []byte) ([][]byte, error) {
	s, err := parse(signature)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for rest := s.certificates; !rest.Empty(); {
		var certificate cryptobyte.String
		var tag asn1.Tag
		if !rest.ReadAnyASN1Element(&certificate, &tag) {
			return nil, errNoSignature
		}
		if tag == asn1.SEQUENCE { // others are forms that nobody uses any more
			list = append(list, certificate)
		}
	}
	return list, nil
}

// AddCertificate returns the signature with one more certificate, as good as it
// was before.
func AddCertificate(signature, certificate []byte) ([]byte, error) {
	s, err := parse(signature)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData())
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(s.before)
				b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
					b.AddBytes(s.certificates)
					b.AddBytes(certificate)
				})
				b.AddBytes(s.after)
			})
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("add a certificate to the signature: %w", err)
	}
	return out, nil
}
