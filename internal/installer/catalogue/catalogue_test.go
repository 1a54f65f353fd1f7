package catalogue

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// A package, and the same one signed by an operator.
const (
	plainMSI  = "client.msi"
	signedMSI = "signed.msi"
)

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "tag", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// carry fills a folder as the build does.
func carry(t *testing.T, dir, version string) {
	t.Helper()
	program := bytes.Repeat([]byte("program of "+version), 1000)
	err := Write(dir, []installer.Generic{
		{Format: installer.MSI, Arch: "amd64", Version: version, Content: testdata(t, plainMSI)},
		{Format: installer.Debian, Arch: "arm64", Version: version, Content: program},
		{Format: installer.Archive, Arch: "arm64", Version: version, Content: program},
	}, []installer.Format{installer.Program})
	if err != nil {
		t.Fatal(err)
	}
}

// change replaces a text in a manifest, which must have it.
func change(t *testing.T, dir, from, to string) {
	t.Helper()
	path := filepath.Join(dir, manifestName)
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), from) {
		t.Fatalf("%q is not in %s, %v", from, raw, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(raw), from, to)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// offered is what a catalogue offers, in a line each.
func offered(t *testing.T, c *Catalogue) string {
	t.Helper()
	o, err := c.Offer()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range o.Packages {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", p.ID(), p.Version, p.Source, p.Signer, p.Note.Code)))
	}
	return strings.Join(lines, "\n")
}

func TestCarried(t *testing.T) {
	dir := t.TempDir()
	carry(t, dir, "v1")
	c := New(os.DirFS(dir), "")
	if got, want := offered(t, c), "windows-amd64-msi v1 carried\nlinux-arm64-deb v1 carried\nlinux-arm64-tar v1 carried"; got != want {
		t.Errorf("offered are\n%s\nwant\n%s", got, want)
	}
	o, err := c.Offer()
	if err != nil || !o.Carried || !slices.Equal(o.Missing, []installer.Format{installer.Program}) {
		t.Errorf("carried %v, missing %v, %v", o.Carried, o.Missing, err)
	}
	p, err := c.Find(installer.Archive, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Generic(p)
	if err != nil || g.Version != "v1" || g.Format != installer.Archive || !bytes.HasPrefix(g.Content, []byte("program of v1")) {
		t.Errorf("the archive is made from %+.40v, %v", g, err)
	}
	if p, err := c.Program("linux", "arm64"); err != nil || p.Format.System() != "linux" {
		t.Errorf("the program for Linux is %+v, %v", p, err)
	}
	for name, err := range map[string]error{
		"another architecture": second(c.Find(installer.Debian, "amd64")), "no such client": second(c.ByID("windows-amd64-rpm")),
		"a program that is missing": second(c.Program("windows", "amd64")), "a system without agents": second(c.Program("plan9", "amd64")),
	} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: error %v; want one of kind NotFound", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A build that was not finished, or none, offers nothing and says so.
func TestNothingCarried(t *testing.T) {
	dir := t.TempDir()
	carry(t, dir, "v1")
	if err := os.Remove(filepath.Join(dir, manifestName)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*Catalogue{"nothing": New(nil, ""), "no manifest": New(os.DirFS(dir), filepath.Join(dir, "none"))} {
		if got := offered(t, c); got != "" {
			t.Errorf("%s: offered are %s", name, got)
		}
		if _, err := c.Find(installer.MSI, "amd64"); err == nil || !strings.Contains(err.Error(), "make build") {
			t.Errorf("%s: error %v; want what to do", name, err)
		}
		if _, err := c.Bare(); err == nil {
			t.Errorf("%s: there is something to sign", name)
		}
	}
}

func TestSignedGoesFirst(t *testing.T) {
	dir, signed := t.TempDir(), filepath.Join(t.TempDir(), "clients")
	carry(t, dir, "v1")
	c := New(os.DirFS(dir), signed)
	const rest = "\nlinux-arm64-deb v1 carried\nlinux-arm64-tar v1 carried"
	expect := func(what, want string) {
		t.Helper()
		if got := offered(t, c); got != want {
			t.Errorf("%s: offered are\n%s\nwant\n%s", what, got, want)
		}
	}
	for range 2 { // signed again, it takes the place of itself
		p, err := c.Keep(testdata(t, signedMSI))
		if err != nil || p.Signer != "Test code signing" || p.Version != "v1" {
			t.Fatalf("kept %+v, %v", p, err)
		}
	}
	expect("signed", "windows-amd64-msi v1 signed Test code signing"+rest)
	if files, err := os.ReadDir(signed); err != nil || len(files) != 2 {
		t.Errorf("the folder has %v, %v; want the package and its manifest", files, err)
	}
	p, err := c.Find(installer.MSI, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Generic(p)
	if err != nil {
		t.Fatal(err)
	}
	if place, err := tag.Find(bytes.NewReader(g.Content), int64(len(g.Content))); err != nil || !place.Signed {
		t.Errorf("the signed package has its place at %+v, %v", place, err)
	}

	change(t, dir, `"essence": "`, `"essence": "00`)
	expect("built anew", "windows-amd64-msi v1 carried  client_signed_other_build"+rest)
	change(t, dir, `"v1"`, `"v2"`)
	expect("upgraded", "windows-amd64-msi v2 carried  client_signed_other_version"+strings.ReplaceAll(rest, "v1", "v2"))
	c.carried = nil
	expect("without the carried", "windows-amd64-msi v1 signed Test code signing")
}

func TestKeepRefuses(t *testing.T) {
	dir := t.TempDir()
	carry(t, dir, "v1")
	foreign := bytes.Clone(testdata(t, signedMSI))
	at := bytes.Index(foreign, []byte("MSCF")) // in the cabinet with the program
	if at < 0 {
		at = len(foreign) / 2
	}
	foreign[at+40] ^= 1
	for _, test := range []struct {
		name, want string
		file       []byte
	}{
		{"not signed", "is not signed", testdata(t, plainMSI)},
		{"text", "neither a program", []byte("text")},
		{"another package", "eljefe client export", foreign},
	} {
		c := New(os.DirFS(dir), t.TempDir())
		if _, err := c.Keep(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v; want it to say %q", test.name, err, test.want)
		}
		if got := offered(t, c); strings.Contains(got, "signed") {
			t.Errorf("%s: offered are %s", test.name, got)
		}
	}
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	carry(t, dir, "v1")
	c := New(os.DirFS(dir), "")
	p, err := c.Find(installer.Debian, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, p.File), []byte("not packed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Generic(p); err == nil {
		t.Error("a damaged file was read")
	}
	carry(t, dir, "v1") // writes it anew
	if _, err := c.Generic(p); err != nil {
		t.Errorf("built again: %v", err)
	}
	change(t, dir, `"sha256": "`, `"sha256": "00`)
	if p, err = c.Find(installer.Debian, "arm64"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Generic(p); err == nil || !strings.Contains(err.Error(), "changed or damaged") {
		t.Errorf("another file than the one listed: error %v", err)
	}
	for _, wrong := range []string{`"../../etc/passwd"`, `""`} {
		carry(t, dir, "v1")
		change(t, dir, `"eljefe-agent-linux-arm64.zst"`, wrong)
		if _, err := c.Offer(); err == nil || !strings.Contains(err.Error(), "entry 2") {
			t.Errorf("the file %s: error %v; want that the entry is damaged", wrong, err)
		}
	}
}

// What is not built any more does not stay in the folder, which goes into the
// program as a whole.
func TestWriteLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	carry(t, dir, "v1")
	if err := Write(dir, []installer.Generic{{Format: installer.Debian, Arch: "amd64", Version: "v2", Content: []byte("program")}}, nil); err != nil {
		t.Fatal(err)
	}
	var names []string
	files, err := os.ReadDir(dir)
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{"eljefe-agent-linux-amd64.zst", manifestName}; err != nil || !slices.Equal(names, want) {
		t.Errorf("the folder has %q, %v; want %q", names, err, want)
	}
}
