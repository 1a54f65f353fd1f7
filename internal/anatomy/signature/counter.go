package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"time"
)

// countersignature returns what another party says of the time, nil if none does.
// Where both forms are there the newer one counts.
func (s *signed) countersignature() *Countersignature {
	var c *Countersignature
	var chain []*x509.Certificate
	var bad *failure
	if token := s.others[oidTimeStamp].Bytes; len(token) > 0 {
		c = &Countersignature{Form: "rfc3161"}
		c.Time, chain, bad = s.timeStamp(token)
	} else if old := s.others[oidCountersignature].Bytes; len(old) > 0 {
		c = &Countersignature{Form: "pkcs9"}
		c.Time, chain, bad = s.oldTimeStamp(old)
	} else {
		return nil
	}
	c.Chain = s.describe(chain)
	if bad == nil {
		bad = s.verifyChain(chain)
	}
	if bad == nil {
		if cert := chain[0]; c.Time.Before(cert.NotBefore) || c.Time.After(cert.NotAfter) {
			bad = fail(OutsideValidity, "its certificate is valid from %s to %s, and was not at the time it says", cert.NotBefore.Format(time.RFC3339), cert.NotAfter.Format(time.RFC3339))
		}
	}
	if bad != nil {
		c.Problem, c.Detail = bad.what, clean(bad.Error())
	}
	c.Verified = bad == nil
	return c
}

// timeStamp reads and checks a time stamp of RFC 3161, which is a SignedData of its
// own.
func (s *signed) timeStamp(token []byte) (*time.Time, []*x509.Certificate, *failure) {
	inner, err := parseSignedData(token)
	if err != nil {
		return nil, nil, &failure{Unreadable, err}
	}
	// Its certificates may be among those of the signature.
	chain := s.chainOf(inner.signer.Issuer, append(inner.certificates, s.certificates...))
	if inner.contentType != oidTimeStampInfo {
		return nil, chain, fail(ForeignContent, "it signs %s, which is no time", inner.contentType)
	}
	var info timeStampInfo
	if _, err := asn1.Unmarshal(inner.content, &info); err != nil {
		return nil, chain, fail(Unreadable, "what it signs is damaged: %w", err)
	}
	at := info.Time.UTC()
	hash := hashOf(info.Imprint.Algorithm.Algorithm)
	if hash == 0 {
		return &at, chain, fail(UnknownAlgorithm, "its digest is of the unknown kind %s", info.Imprint.Algorithm.Algorithm)
	}
	if !bytes.Equal(sum(hash, s.signer.Signature), info.Imprint.Digest) {
		return &at, chain, fail(WrongDigest, "it is another signature's")
	}
	return &at, chain, inner.verifySigner(inner.content, chain)
}

// oldTimeStamp reads and checks a countersignature of PKCS#9.
func (s *signed) oldTimeStamp(raw []byte) (*time.Time, []*x509.Certificate, *failure) {
	var signer signerInfo
	if _, err := asn1.Unmarshal(raw, &signer); err != nil {
		return nil, nil, fail(Unreadable, "it is damaged: %w", err)
	}
	inner := &signed{signer: signer, attributes: parseAttributes(signer.Authenticated.Bytes)}
	chain := s.chainOf(signer.Issuer, s.certificates)
	at := inner.attributes.time()
	if bad := inner.verifySigner(s.signer.Signature, chain); bad != nil {
		return at, chain, bad
	}
	if at == nil {
		return nil, chain, fail(Unreadable, "it says no time")
	}
	return at, chain, nil
}
