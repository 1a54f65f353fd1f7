package enrich

import (
	"errors"
	"os"
	"strings"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// thisSystem is how files are found here, and who is asked about them.
func thisSystem() system {
	return system{
		open: openImage, identify: identify, byPath: true, account: winapi.AccountName,
		verify: func(f *os.File) (verdict, error) {
			s, err := winapi.VerifySignature(f)
			return verdict{trusted: s.Trusted, signer: s.Signer}, err
		},
	}
}

// openImage opens the file that a process runs. While a process runs, Windows lets
// nobody write to its file, but it may be renamed and another get its name: what the
// kernel says that it loaded tells, if it says that.
func openImage(p *event.Process, _ bool) (*os.File, identity, error) {
	switch {
	case !strings.Contains(p.Image, `\`):
		return nil, identity{}, Unsupported // the kernel's own processes have a name and no file
	case winapi.Remote(p.Image):
		// Who opens a file elsewhere logs on there, which for the agent would be with the
		// machine's account: nobody may be able to make it do that.
		return nil, identity{}, Unsupported
	}
	f, err := winapi.OpenShared(p.Image)
	if errors.Is(err, winapi.ErrNoFile) {
		err = Unsupported
	}
	if err != nil {
		return nil, identity{}, err
	}
	id, err := identify(f)
	if err != nil {
		f.Close()
		return nil, identity{}, err
	}
	return f, id, nil
}

func identify(f *os.File) (identity, error) {
	id, err := winapi.IdentifyFile(f)
	if errors.Is(err, winapi.ErrNoFile) {
		err = Unsupported
	}
	if err != nil {
		return identity{}, err
	}
	return identity{volume: id.Volume, file: id.File, size: id.Size, modified: id.Written.UnixNano(), change: id.Changed.UnixNano()}, nil
}
