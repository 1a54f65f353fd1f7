package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy/claim"
)

// Limits on what is computed for a signature: hostile ones only cost time.
const (
	largestKey = 8192 // bits
	mostChecks = 64   // of one certificate by another
)

// A failure is an error with the problem that it is.
type failure struct {
	what Problem
	error
}

func fail(what Problem, format string, args ...any) *failure {
	return &failure{what, fmt.Errorf(format, args...)}
}

// check checks a signature of a file with that digest.
func (s *signed) check(digest []byte, now time.Time) Signature {
	out := Signature{Nested: s.nested, FileDigest: hex.EncodeToString(digest), SignedDigest: hex.EncodeToString(s.digest), SigningTime: s.attributes.time()}
	if s.hash != 0 {
		out.Algorithm = nameOf(s.hash)
	}
	if s.err != nil && s.what == Unreadable {
		out.Problem, out.Detail = s.what, clean(s.err.Error())
		return out
	}
	out.Program, out.MoreInfo = s.attributes.program()
	out.Program, out.MoreInfo = clean(out.Program), clean(out.MoreInfo)
	chain := s.chain()
	out.Chain = s.describe(chain)
	out.Countersignature = s.countersignature()
	if bad := s.verify(digest, chain, out.Countersignature, now); bad != nil {
		out.Problem, out.Detail = bad.what, clean(bad.Error())
	} else {
		out.Verified = true
	}
	return out
}

// verify returns why a signature is not good, nil if it is.
func (s *signed) verify(digest []byte, chain []*x509.Certificate, counter *Countersignature, now time.Time) *failure {
	if s.err != nil {
		return &failure{s.what, s.err}
	}
	if bad := s.verifySigner(s.content, chain); bad != nil {
		return bad
	}
	if !bytes.Equal(s.digest, digest) {
		return fail(WrongDigest, "the file is not the one that was signed: it was changed afterwards, or the signature is another file's")
	}
	if bad := s.verifyChain(chain); bad != nil {
		return bad
	}
	at, said := now, "now"
	if counter != nil && counter.Verified {
		at, said = *counter.Time, "when it signed, at "+counter.Time.Format(time.RFC3339)
	}
	if c := chain[0]; at.Before(c.NotBefore) || at.After(c.NotAfter) {
		return fail(OutsideValidity, "the signer's certificate is valid from %s to %s, and was not %s", c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339), said)
	}
	return nil
}

// verifyChain checks that each certificate was issued by the next.
func (s *signed) verifyChain(chain []*x509.Certificate) *failure {
	for i := 1; i < len(chain); i++ {
		if !s.issued(chain[i], chain[i-1]) {
			return fail(BrokenChain, "the certificate %d of the chain was not issued by the next one, whose name it gives", i)
		}
	}
	return nil
}

// verifySigner checks that the signer, whose certificate is the chain's first, signed
// the content.
func (s *signed) verifySigner(content []byte, chain []*x509.Certificate) *failure {
	hash := hashOf(s.signer.Digest.Algorithm)
	if hash == 0 {
		return fail(UnknownAlgorithm, "the signer's digest is of the unknown kind %s", s.signer.Digest.Algorithm)
	}
	if len(chain) == 0 {
		return fail(NoCertificate, "the signer's certificate is not with the signature, or cannot be read")
	}
	digest := sum(hash, content)
	if raw := s.signer.Authenticated.FullBytes; len(raw) > 0 {
		var claimed []byte
		if !s.attributes.get(oidMessageDigest, &claimed) {
			return fail(Unreadable, "what the signer signed has no digest of the content")
		}
		if !bytes.Equal(claimed, digest) {
			return fail(WrongSignature, "the signer signed another content")
		}
		// They are signed as the set that they are, whatever their tag says here.
		set := bytes.Clone(raw)
		set[0] = asn1.TagSet | 0x20
		digest = sum(hash, set)
	}
	return verifyKey(chain[0].PublicKey, hash, digest, s.signer.Signature)
}

// verifyKey checks a signature of a digest. Old ones, of SHA-1 and MD5, count: the
// names of their algorithms are shown.
func verifyKey(key any, hash crypto.Hash, digest, signature []byte) *failure {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() > largestKey {
			return fail(UnknownAlgorithm, "the key has %d bits; at most %d are computed with", k.N.BitLen(), largestKey)
		}
		err := rsa.VerifyPKCS1v15(k, hash, digest, signature)
		if errors.Is(err, rsa.ErrVerification) {
			return fail(WrongSignature, "it was not made with the key of the certificate")
		} else if err != nil {
			return fail(UnknownAlgorithm, "the key cannot be used: %w", err)
		}
		return nil
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, signature) {
			return fail(WrongSignature, "it was not made with the key of the certificate")
		}
		return nil
	}
	return fail(UnknownAlgorithm, "keys of the kind %T are not known", key)
}

func sum(hash crypto.Hash, b []byte) []byte {
	h := hash.New()
	h.Write(b)
	return h.Sum(nil)
}

// nameOf returns the name of a digest as the facts of files have it.
func nameOf(h crypto.Hash) string { return strings.ToLower(strings.ReplaceAll(h.String(), "-", "")) }

// chain returns the certificate of the signer and those above it, as far as they are
// there.
func (s *signed) chain() []*x509.Certificate { return s.chainOf(s.signer.Issuer, s.certificates) }

func (s *signed) chainOf(signer issuerAndSerial, certificates []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for _, c := range certificates {
		if signer.Serial != nil && c.SerialNumber.Cmp(signer.Serial) == 0 && bytes.Equal(c.RawIssuer, signer.Name.FullBytes) {
			chain = append(chain, c)
			break
		}
	}
	for len(chain) > 0 && len(chain) < longestChain {
		last := chain[len(chain)-1]
		if bytes.Equal(last.RawIssuer, last.RawSubject) {
			break
		}
		var next *x509.Certificate
		for _, c := range certificates {
			if bytes.Equal(c.RawSubject, last.RawIssuer) && (next == nil || s.issued(c, last)) {
				next = c
			}
		}
		if next == nil {
			break
		}
		chain = append(chain, next)
	}
	return chain
}

// issued tells whether one certificate signed the other, computed once for both and
// for so many of them.
func (s *signed) issued(issuer, c *x509.Certificate) bool {
	pair := [2]*x509.Certificate{issuer, c}
	good, known := s.checked[pair]
	if !known && len(s.checked) < mostChecks {
		if s.checked == nil {
			s.checked = map[[2]*x509.Certificate]bool{}
		}
		good = issued(issuer, c)
		s.checked[pair] = good
	}
	return good
}

// issued computes it. The standard library would refuse SHA-1, which half of all
// signed programs have somewhere.
func issued(issuer, c *x509.Certificate) bool {
	hash := map[x509.SignatureAlgorithm]crypto.Hash{
		x509.MD5WithRSA: crypto.MD5, x509.SHA1WithRSA: crypto.SHA1, x509.SHA256WithRSA: crypto.SHA256, x509.SHA384WithRSA: crypto.SHA384, x509.SHA512WithRSA: crypto.SHA512,
		x509.ECDSAWithSHA1: crypto.SHA1, x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
	}[c.SignatureAlgorithm]
	if hash == 0 {
		key, ok := issuer.PublicKey.(*rsa.PublicKey)
		return (!ok || key.N.BitLen() <= largestKey) && issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
	}
	return verifyKey(issuer.PublicKey, hash, sum(hash, c.RawTBSCertificate), c.Signature) == nil
}

// describe makes facts of a chain.
func (s *signed) describe(chain []*x509.Certificate) []Certificate {
	var list []Certificate
	for i, c := range chain {
		weak, strong := sha1.Sum(c.Raw), sha256.Sum256(c.Raw)
		d := Certificate{
			Subject: clean(c.Subject.String()), Issuer: clean(c.Issuer.String()), Serial: c.SerialNumber.Text(16), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
			SHA1: hex.EncodeToString(weak[:]), SHA256: hex.EncodeToString(strong[:]), Algorithm: c.SignatureAlgorithm.String(), Key: c.PublicKeyAlgorithm.String(),
			Name: clean(c.Subject.CommonName),
		}
		if d.Name == "" && len(c.Subject.Organization) > 0 {
			d.Name = clean(c.Subject.Organization[0])
		}
		switch k := c.PublicKey.(type) {
		case *rsa.PublicKey:
			d.Key = fmt.Sprintf("RSA %d", k.N.BitLen())
		case *ecdsa.PublicKey:
			d.Key = "ECDSA " + k.Curve.Params().Name
		}
		d.IssuerChecked = s.issued(chain[min(i+1, len(chain)-1)], c)
		list = append(list, d)
	}
	return list
}

// longestText bounds a text of a signature, in bytes.
const longestText = 1024

func clean(s string) string { return claim.Text(s, longestText) }
