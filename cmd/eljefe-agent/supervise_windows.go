package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows/svc/mgr"

	"github.com/eljefe/eljefe/internal/agent/update"
	"github.com/eljefe/eljefe/internal/agent/winapi"
)

func init() { checkProgram = samePublisher }

// succession says how a newer agent takes this one's place: it goes on as a child
// of the service's process, and from its next start on the service is the newer
// one. The installed program stays where it is.
func (h host) succession(s *update.Supervisor) {
	if !h.Service {
		return
	}
	s.Accepted = func(program string) error {
		return withService(func(_ *mgr.Mgr, service *mgr.Service) error {
			return winapi.ChangeService(service.Handle, commandLine(program, os.Args[1:]), displayName)
		})
	}
}

// samePublisher refuses a program that whoever signed this one has not signed. Where
// this one has no signature that Windows trusts, the server's is all there is.
func samePublisher(path string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	own, err := signatureOf(self)
	if err != nil || !own.Trusted {
		return err
	}
	other, err := signatureOf(path)
	if err != nil {
		return err
	}
	if !other.Trusted || other.Signer != own.Signer {
		return fmt.Errorf("this agent is signed by %q, and the newer one is not: sign it too (eljefe client sign), or install it by hand", own.Signer)
	}
	return nil
}

func signatureOf(path string) (s winapi.Signature, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, fmt.Errorf("look at the signature of an agent: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return winapi.VerifyOwnSignature(f)
}
