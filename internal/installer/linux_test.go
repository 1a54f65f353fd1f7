package installer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// What the package says, the agent takes.
func TestDebian(t *testing.T) {
	tools(t, "dpkg-deb", "dpkg")
	a := authority(t)
	g := &Generic{Format: Debian, Arch: "amd64", Version: "v1.2.3-4-gabc", Content: []byte("#!/bin/sh\n")}
	deb := client(t, g, a)
	if !bytes.Equal(deb, client(t, g, a)) {
		t.Error("made again it is another package")
	}
	path := writeFile(t, g.FileName(), deb)
	if name := filepath.Base(path); name != "eljefe-agent_1.2.3-4-gabc_amd64.deb" {
		t.Errorf("it is called %s", name)
	}
	info := output(t, nil, "dpkg-deb", "-I", path)
	for _, want := range []string{" Package: eljefe-agent\n", " Version: 1.2.3+4+gabc\n", " Architecture: amd64\n", " preinst ", " postinst ", " prerm ", " postrm ", " conffiles ", " md5sums "} {
		if !strings.Contains(info, want) {
			t.Errorf("dpkg-deb says\n%s\nwant in it %q", info, want)
		}
	}
	list := output(t, nil, "dpkg-deb", "-c", path)
	for _, want := range []string{
		"-rwxr-xr-x root/root        10 2026-11-24 08:00 ./usr/bin/eljefe-agent\n", "-rw-r--r-- root/root ", "./usr/lib/systemd/system/eljefe-agent.service\n",
		"drwx------ root/root         0 2026-11-24 08:00 ./var/lib/eljefe-agent/\n", "./etc/eljefe-agent/config.json\n", "./var/lib/eljefe-agent/enrolment.key\n",
	} {
		if !strings.Contains(list, want) {
			t.Errorf("it has\n%s\nwant among that %q", list, want)
		}
	}
	if unit := output(t, nil, "dpkg-deb", "--fsys-tarfile", path); strings.Contains(unit, "/usr/local/bin") {
		t.Error("the unit starts what another kind of installation has installed")
	}
}

func TestDebianInstalls(t *testing.T) {
	tools(t, "dpkg")
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to root")
	}
	a := authority(t)
	root := t.TempDir()
	dpkg := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "dpkg", append([]string{"--root=" + root, "--force-script-chrootless", "--force-architecture", "--log=/dev/null"}, args...)...).CombinedOutput()
		return string(out), err
	}
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg", name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path := writeFile(t, "agent.deb", client(t, &Generic{Format: Debian, Arch: "amd64", Version: "1.0", Content: []byte("one")}, a))

	unit := filepath.Join(root, "etc/systemd/system/eljefe-agent.service")
	if err := errors.Join(os.MkdirAll(filepath.Dir(unit), 0o755), os.WriteFile(unit, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if out, err := dpkg("-i", path); err == nil || !strings.Contains(out, "eljefe-agent uninstall") {
		t.Errorf("over an agent that installed itself: %v, %s; want what to do", err, out)
	}
	if err := os.Remove(unit); err != nil {
		t.Fatal(err)
	}
	if out, err := dpkg("-i", path); err != nil {
		t.Fatalf("install: %v\n%s", err, out)
	}
	config, err := identity.ReadConfig(filepath.Join(root, linuxConfig))
	if err != nil {
		t.Fatal(err)
	}
	if config.Server != example().Server || config.Authority != a.Fingerprint() || config.EnrolmentKeyFile != linuxKey || config.Limits.SpoolBytes != example().SpoolBytes || config.Sensor != example().Sensor {
		t.Errorf("the agent reads %+v", config)
	}
	if key := readFile(t, filepath.Join(root, linuxKey)); string(key) != example().EnrolmentKey+"\n" {
		t.Errorf("the enrolment key's file has %q", key)
	}

	// Enrolled, and upgraded with a package that belongs to nobody.
	if err := os.WriteFile(filepath.Join(root, linuxState, "station.pem"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var generic bytes.Buffer
	if err := (&Generic{Format: Debian, Arch: "amd64", Version: "1.1", Content: []byte("two")}).WriteGeneric(&generic, time.Unix(1_800_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	if out, err := dpkg("-i", writeFile(t, "generic.deb", generic.Bytes())); err != nil {
		t.Fatalf("upgrade: %v\n%s", err, out)
	}
	if got := readFile(t, filepath.Join(root, "usr/bin/eljefe-agent")); string(got) != "two" {
		t.Errorf("after the upgrade the program is %q", got)
	}
	if _, err := identity.ReadConfig(filepath.Join(root, linuxConfig)); err != nil {
		t.Errorf("after the upgrade: %v", err)
	}
	if _, err := os.Stat(filepath.Join(root, linuxKey)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an enrolled station still has the enrolment key: %v", err)
	}
	if out, err := dpkg("-r", "eljefe-agent"); err != nil {
		t.Fatalf("remove: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(root, linuxState, "station.pem")); err != nil {
		t.Errorf("removed, it is not the same station any more: %v", err)
	}
	if out, err := dpkg("-P", "eljefe-agent"); err != nil {
		t.Fatalf("purge: %v\n%s", err, out)
	}
	for _, path := range []string{linuxConfig, linuxState} {
		if _, err := os.Stat(filepath.Join(root, path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("purged, and %s is there: %v", path, err)
		}
	}
}

// unpack returns the files of a compressed archive, as modes and contents.
func unpack(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(packed); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = fmt.Sprintf("%04o %s", h.Mode, content)
	}
}

func TestArchive(t *testing.T) {
	a := authority(t)
	g := &Generic{Format: Archive, Arch: "arm64", Version: "v1.2.3", Content: []byte("program")}
	if got, want := g.FileName(), "eljefe-agent-1.2.3-linux-arm64.tar.gz"; got != want {
		t.Errorf("it is called %s; want %s", got, want)
	}
	archive := client(t, g, a)
	if !bytes.Equal(archive, client(t, g, a)) {
		t.Error("made again it is another archive")
	}
	files := unpack(t, archive)
	if got := files["./eljefe-agent/eljefe-agent"]; got != "0755 program" {
		t.Errorf("the program is %q", got)
	}
	if got := files["./eljefe-agent/install.sh"]; !strings.HasPrefix(got, "0755 #!/bin/sh\n") {
		t.Errorf("the script is %q", got)
	}
	settings, private := strings.CutPrefix(files["./eljefe-agent/config.json"], "0600 ")
	if !private {
		t.Error("others can read the settings, which have the key")
	}
	config, err := identity.ReadConfig(writeFile(t, "config.json", []byte(settings)))
	if err != nil || config.EnrolmentKey != example().EnrolmentKey || config.Authority != a.Fingerprint() {
		t.Errorf("the agent reads %+v, %v", config, err)
	}
	var generic bytes.Buffer
	if err := g.WriteGeneric(&generic, time.Unix(1_800_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	if got := unpack(t, generic.Bytes()); len(got) != 3 || got["./eljefe-agent/config.json"] != "" {
		t.Errorf("one that belongs to nobody has %q", got)
	}
}

// The script installs what was unpacked, with the real agent.
func TestArchiveInstalls(t *testing.T) {
	tools(t, "go", "tar")
	if os.Geteuid() != 0 {
		t.Skip("only root can install")
	}
	a := authority(t)
	path := writeFile(t, "agent.tar.gz", client(t, &Generic{Format: Archive, Arch: "amd64", Version: "1.0", Content: agent(t, "", "")}, a))
	dir, root := t.TempDir(), t.TempDir()
	output(t, nil, "tar", "-xzf", path, "-C", dir)
	said := output(t, nil, filepath.Join(dir, "eljefe-agent/install.sh"), "--root", root)
	if !strings.Contains(said, "Nothing was started") {
		t.Errorf("it says\n%s", said)
	}
	config, err := identity.ReadConfig(filepath.Join(root, linuxConfig))
	if err != nil || config.Authority != a.Fingerprint() || config.EnrolmentKeyFile != linuxKey {
		t.Errorf("the agent reads %+v, %v", config, err)
	}
	if key := readFile(t, filepath.Join(root, linuxKey)); string(key) != example().EnrolmentKey+"\n" {
		t.Errorf("the enrolment key's file has %q", key)
	}
}

func TestWriteRefuses(t *testing.T) {
	a := authority(t)
	for _, test := range []struct {
		name   string
		format Format
		change func(*tag.Config)
		want   string
	}{
		{"format", "rpm", func(*tag.Config) {}, `"rpm" is unknown`},
		{"no key", Debian, func(c *tag.Config) { c.EnrolmentKey = "" }, "enrolment key"},
		{"a source of Windows", Debian, func(c *tag.Config) { c.Sensor = "etw" }, "does not exist on linux"},
		{"a source of Linux", Program, func(c *tag.Config) { c.Sensor = "ebpf" }, "does not exist on windows"},
	} {
		c := example()
		test.change(c)
		err := (&Generic{Format: test.format}).Write(io.Discard, c, a)
		if err == nil || !strings.Contains(err.Error(), test.want) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error %v; want one of kind Invalid that says %q", test.name, err, test.want)
		}
	}
	g := &Generic{Format: Program, Content: []byte("text")}
	if err := g.Write(io.Discard, example(), a); !errors.Is(err, tag.ErrNoPlace) {
		t.Errorf("a file without a place: error %v", err)
	}
	if _, err := Prepare([]byte("text")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("text was prepared: %v", err)
	}
}
