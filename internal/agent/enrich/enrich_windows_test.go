package enrich

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// The facts of this very test, from its path as the kernel writes it.
func TestOwnImage(t *testing.T) {
	process, err := winapi.OpenProcess(uint32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	native, err := process.NativeImage()
	if err != nil {
		t.Fatal(err)
	}
	token, err := winapi.ReadToken(process.Handle())
	if err != nil {
		t.Fatal(err)
	}
	p := event.Process{Kind: event.Start, PID: uint32(os.Getpid()), Image: winapi.NewPaths().DOS(native), Started: time.Now(), Time: time.Now()}
	token.Apply(&p)
	if skipped := New(Config{}).Enrich(t.Context(), []*event.Process{&p}); len(skipped) != 0 {
		t.Errorf("it was skipped: %s", p.Missing)
	}
	t.Logf("%s: SHA-256 %s, IMPHASH %s, user %s, missing %q", p.Image, p.SHA256, p.IMPHASH, p.User, p.Missing)
	if len(p.SHA256) != 64 || len(p.IMPHASH) != 32 || p.FileSize == 0 || p.EntropyEntry == nil || *p.EntropyEntry < 4 || !strings.Contains(p.User, `\`) || p.Privileges == nil {
		t.Errorf("SHA-256 %q, IMPHASH %q, %d bytes, entropy %v, user %q, missing %q", p.SHA256, p.IMPHASH, p.FileSize, p.EntropyEntry, p.User, p.Missing)
	}
	if want := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]; p.Architecture != want {
		t.Errorf("architecture %q; want %q", p.Architecture, want)
	}
	if signed := p.Signed != nil && !*p.Signed; !signed && p.Missing != "signer=unsupported" { // Wine 8 has no catalogs
		t.Errorf("signed %v, missing %q", p.Signed, p.Missing)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	// What a part of the system says of itself.
	q := event.Process{Kind: event.Start, Image: winapi.NewPaths().DOS(`\SystemRoot\system32\kernel32.dll`), Started: time.Now()}
	New(Config{}).Enrich(t.Context(), []*event.Process{&q})
	if q.Company == "" || q.FileVersion == "" || q.Product == "" || q.SHA256 == "" {
		t.Errorf("%s: company %q, version %q, product %q, missing %q", q.Image, q.Company, q.FileVersion, q.Product, q.Missing)
	}
}

func TestImagesThatAreNone(t *testing.T) {
	for image, want := range map[string]Reason{
		"Registry": Unsupported, `\\server\share\x.exe`: Unsupported, `\Device\Mup\server\share\x.exe`: Unsupported,
		`C:\nowhere\x.exe`: Gone, `C:\windows`: Denied, `C:\windows\system32`: Denied,
	} {
		f, _, err := openImage(&event.Process{Image: image}, false)
		if err == nil {
			f.Close()
		}
		if got := ReasonOf(err); err == nil || got != want && !errors.Is(err, Unsupported) {
			t.Errorf("%s: %v, which is %s; want %s", image, err, got, want)
		}
	}
}
