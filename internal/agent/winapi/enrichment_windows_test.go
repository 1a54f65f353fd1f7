package winapi

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The structures have the sizes that the headers of the SDK give them on 64 bits.
func TestTrustSizes(t *testing.T) {
	for name, test := range map[string]struct{ got, want uintptr }{
		"WINTRUST_DATA":         {unsafe.Sizeof(windows.WinTrustData{}), 88},
		"WINTRUST_FILE_INFO":    {unsafe.Sizeof(windows.WinTrustFileInfo{}), 32},
		"WINTRUST_CATALOG_INFO": {unsafe.Sizeof(catalogInfo{}), 72},
	} {
		if test.got != test.want {
			t.Errorf("%s has %d bytes; want %d", name, test.got, test.want)
		}
	}
}

func TestReadToken(t *testing.T) {
	token, err := ReadToken(windows.CurrentProcess())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(token.UserSID, "S-1-") || token.Present == 0 || token.Enabled&^token.Present != 0 || token.Default&^token.Present != 0 {
		t.Errorf("got %+v", token)
	}
	if token.Session == nil || token.Elevated == nil || token.Elevation == "" || token.Integrity == "" {
		t.Errorf("session %v, elevated %v, elevation %q, integrity %q; want all of them", token.Session, token.Elevated, token.Elevation, token.Integrity)
	}
	name, err := AccountName(token.UserSID)
	if err != nil || !strings.Contains(name, `\`) {
		t.Errorf("the account is %q, %v; want DOMAIN\\name", name, err)
	}
	if name, err := AccountName("S-1-5-18"); err != nil || name == "" {
		t.Errorf("the system's account is %q, %v", name, err)
	}
	if _, err := AccountName("S-1-5-21-1-2-3-4444"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nobody's account: %v; want that there is none", err)
	}
	if _, err := AccountName("nonsense"); err == nil {
		t.Error("a text that is no SID has an account")
	}
}

func TestOwnPlace(t *testing.T) {
	want, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	process, err := OpenProcess(uint32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	if got, err := CurrentDirectory(process.Handle()); err != nil || !strings.EqualFold(strings.TrimSuffix(got, `\`), strings.TrimSuffix(want, `\`)) {
		t.Errorf("the current folder is %q, %v; want %q", got, err, want)
	}
	if got, err := PackageName(process.Handle()); got != "" || err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("the package is %q, %v; want none", got, err)
	}
	native, err := process.NativeImage()
	if err != nil {
		t.Fatal(err)
	}
	image, err := process.Image()
	if got := NewPaths().DOS(native); err != nil || !strings.EqualFold(got, image) {
		t.Errorf("%s is %s; want %s, %v", native, got, image, err)
	}
	if got := NewPaths().DOS(`\SystemRoot\system32\kernel32.dll`); got == `\SystemRoot\system32\kernel32.dll` {
		t.Error("it is not known where the system is")
	} else if _, err := os.Stat(got); err != nil {
		t.Error(err)
	}
}

// The folder of another process is the one that it was started in.
func TestFolderOfAnother(t *testing.T) {
	dir := os.Getenv("SystemRoot")
	cmd := exec.Command("cmd.exe", "/c", "pause")
	cmd.Dir = dir
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	process, err := OpenProcess(uint32(cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	// Windows has it there before the process runs, Wine a moment later.
	got, err := CurrentDirectory(process.Handle())
	for deadline := time.Now().Add(10 * time.Second); got == "" && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		got, err = CurrentDirectory(process.Handle())
	}
	if err != nil || !strings.EqualFold(strings.TrimSuffix(got, `\`), dir) {
		t.Errorf("its folder is %q, %v; want %q", got, err, dir)
	}
	if token, err := ReadToken(process.Handle()); err != nil || token.Present == 0 || token.UserSID == "" {
		t.Errorf("its token is %+v, %v", token, err)
	}
}

// A file that is open can be renamed, written and removed, and is another one after it
// was written to.
func TestFileID(t *testing.T) {
	dir, err := os.MkdirTemp("", "eljefe") // what t.TempDir makes Wine cannot remove
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(dir)
	path := filepath.Join(dir, "a file of some length.exe")
	if err := os.WriteFile(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenShared(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first, err := IdentifyFile(f)
	if err != nil {
		t.Fatal(err)
	}
	if first.Size != 3 || first.File == [16]byte{} || time.Since(first.Written).Abs() > time.Hour {
		t.Errorf("the file is %+v", first)
	}
	if again, err := IdentifyFile(f); err != nil || again != first {
		t.Errorf("the same file is %+v, %v; before %+v", again, err, first)
	}
	if err := os.WriteFile(path, []byte("two and three"), 0o600); err != nil {
		t.Error(err)
	}
	if second, err := IdentifyFile(f); err != nil || second.Size != 13 || second.File != first.File || second == first {
		t.Errorf("after a change the file is %+v, %v; before %+v", second, err, first)
	}
	var content [13]byte
	if _, err := f.ReadAt(content[:], 0); err != nil || !bytes.Equal(content[:], []byte("two and three")) {
		t.Errorf("got %q, %v", content, err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Error(err)
	}
	if err := os.Remove(path + ".old"); err != nil {
		t.Error(err)
	}
	if _, err := OpenShared(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
	if _, err := OpenShared(filepath.Dir(path)); err == nil {
		t.Error("a folder was opened")
	}
}

func TestVerifySignature(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := OpenShared(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := VerifySignature(f)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Log(err) // Wine 8 has no catalogs
	} else if err != nil || s.Trusted || s.Signer != "" || s.Status == 0 {
		t.Errorf("this test, which nobody signed: %+v, %v", s, err)
	}
	// Whoever runs this test may name a file that is signed, and by whom.
	signed, signer, ok := strings.Cut(os.Getenv("ELJEFE_TEST_SIGNED"), "=")
	if !ok {
		t.Skip("no signed file: set ELJEFE_TEST_SIGNED to FILE=SIGNER")
	}
	g, err := OpenShared(signed)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	s, err = VerifySignature(g)
	t.Logf("%s: %+v", signed, s)
	if err != nil || s.Signer != signer {
		t.Errorf("the signer is %q, %v; want %q", s.Signer, err, signer)
	}
}
