package pki

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// clientPurpose stands before what SignClient signs, so that such a signature can
// be taken for nothing else that the authority's key signs: certificates begin
// with another byte.
const clientPurpose = "El Jefe client configuration\x00"

// SignClient signs the configuration of a client with the authority's own key.
func (a *Authority) SignClient(configuration []byte) ([]byte, error) {
	sum := sha256.Sum256(append([]byte(clientPurpose), configuration...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		return nil, fmt.Errorf("sign the client's configuration: %w", err)
	}
	return signature, nil
}

// ErrClientSignature says that a configuration is not the one that was signed.
var ErrClientSignature = errors.New("the signature does not fit: bytes were changed")

// CheckClient makes sure that the authority, whose certificate it gets in DER,
// has signed the configuration, and returns the authority's fingerprint. Whether
// that authority is the right one, the caller knows: by the fingerprint that it
// pins from then on, or already has.
func CheckClient(authority, configuration, signature []byte) (string, error) {
	cert, err := x509.ParseCertificate(authority)
	if err != nil {
		return "", fmt.Errorf("read the authority's certificate: %w", err)
	}
	key, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || !cert.IsCA {
		return "", errors.New("the certificate is none of an El Jefe authority")
	}
	sum := sha256.Sum256(append([]byte(clientPurpose), configuration...))
	if !ecdsa.VerifyASN1(key, sum[:], signature) {
		return "", ErrClientSignature
	}
	return fingerprint(cert.Raw), nil
}
