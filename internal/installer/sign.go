package installer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/fault"
)

// Signer is how the operator's own key for code signs. The work is done by
// osslsigncode, which knows keys in files and in hardware; a key never comes into
// the server.
type Signer struct {
	Program string // osslsigncode; "": as PATH has it

	// Either the two files, in PEM, or one in PKCS#12.
	Certificates string // the signer's certificate and those up to the root
	Key          string
	PKCS12       string

	PasswordFile string // with the password of key or PKCS#12; "": there is none
	Timestamp    string // URL of a timestamp server (RFC 3161) that is asked; "": none is
	More         []string
}

// Sign returns the program or the MSI package signed, and with an empty place for
// a configuration.
func (s *Signer) Sign(ctx context.Context, file []byte) (_ []byte, err error) {
	program := s.Program
	if program == "" {
		if program, err = exec.LookPath("osslsigncode"); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "osslsigncode is not installed: install it (Debian's package has that name), or sign the file elsewhere and prepare it then")
		}
	}
	credentials, err := s.credentials()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "eljefe-sign-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for signing: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		return nil, fmt.Errorf("write the file to sign: %w", err)
	}
	args := append([]string{"sign"}, credentials...)
	args = append(args, "-h", "sha256", "-n", "El Jefe agent")
	if s.Timestamp != "" {
		args = append(args, "-ts", s.Timestamp)
	}
	args = append(append(args, s.More...), "-in", in, "-out", out)
	said, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "osslsigncode did not sign: %s", strings.TrimSpace(string(bytes.ToValidUTF8(said, []byte("?")))))
	}
	signed, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	return Prepare(signed)
}

func (s *Signer) credentials() ([]string, error) {
	var args []string
	switch {
	case s.PKCS12 != "" && s.Certificates == "" && s.Key == "":
		args = []string{"-pkcs12", s.PKCS12}
	case s.PKCS12 == "" && s.Certificates != "" && s.Key != "":
		args = []string{"-certs", s.Certificates, "-key", s.Key}
	default:
		return nil, fault.Invalidf("to sign, give either a file in PKCS#12, or certificates and their key")
	}
	if s.PasswordFile != "" {
		args = append(args, "-readpass", s.PasswordFile)
	}
	return args, nil
}
