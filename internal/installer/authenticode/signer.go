package authenticode

import (
	"bytes"
	"crypto/x509"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Signer returns the certificate of the one who made a signature. That the
// signature is good is not checked.
func Signer(signature []byte) (*x509.Certificate, error) {
	s, err := parse(signature)
	if err != nil {
		return nil, err
	}
	var signers, signer, name, issuer cryptobyte.String
	var version int
	serial := new(big.Int)
	rest := cryptobyte.String(s.after)
	if !rest.SkipOptionalASN1(asn1.Tag(1).ContextSpecific().Constructed()) || // revocation lists
		!rest.ReadASN1(&signers, asn1.SET) || !signers.ReadASN1(&signer, asn1.SEQUENCE) ||
		!signer.ReadASN1Integer(&version) || !signer.ReadASN1(&name, asn1.SEQUENCE) ||
		!name.ReadASN1Element(&issuer, asn1.SEQUENCE) || !name.ReadASN1Integer(serial) {
		return nil, errNoSignature
	}
	list, err := Certificates(signature)
	if err != nil {
		return nil, err
	}
	for _, der := range list {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			continue // somebody else's, which needs not concern us
		}
		if c.SerialNumber.Cmp(serial) == 0 && bytes.Equal(c.RawIssuer, issuer) {
			return c, nil
		}
	}
	return nil, errors.New("the signature does not have the certificate of its signer")
}
