//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/api"
)

const msiData = "../../internal/installer/tag/testdata"

// carrying makes the terminal's program carry clients.
func (c *terminal) carrying() *terminal {
	c.t.Helper()
	dir := c.t.TempDir()
	msi, err := os.ReadFile(filepath.Join(msiData, "client.msi"))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := catalogue.Write(dir, []installer.Generic{
		{Format: installer.MSI, Arch: "amd64", Version: "v1.2.3", Content: msi},
		{Format: installer.Debian, Arch: "amd64", Version: "v1.2.3", Content: []byte("program")},
	}, nil); err != nil {
		c.t.Fatal(err)
	}
	c.carried = os.DirFS(dir)
	return c
}

// says runs a command and makes sure that it says some words.
func (c *terminal) says(code int, words string, args ...string) string {
	c.t.Helper()
	said := c.run(code, args...)
	if !strings.Contains(said, words) {
		c.t.Errorf("eljefe %q says %q; want it to say %q", args, said, words)
	}
	return said
}

// settings returns what a client carries.
func (c *terminal) settings(path string) *tag.Config {
	c.t.Helper()
	config, err := tag.FromFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	return config
}

func TestClientsHere(t *testing.T) {
	c := here(t).carrying()
	data, out := t.TempDir(), t.TempDir()
	c.there = append(c.there, "--data-dir", data)
	build := func(code int, words string, args ...string) { // after build
		t.Helper()
		c.says(code, words, append([]string{"client", "build"}, args...)...)
	}
	build(1, "ask it with --server", "--format", "msi", "--new-key", "desks")
	authority, err := pki.Open(filepath.Join(data, "keys"))
	if err != nil {
		t.Fatal(err)
	}

	build(1, "--key-id", "--format", "msi")
	build(1, "those of a new key", "--format", "msi", "--key-id", "1", "--uses", "2")
	build(1, "--address", "--format", "msi", "--new-key", "desks")
	build(1, "there is no client windows-arm64-exe", "--format", "exe", "--arch", "arm64", "--new-key", "desks", "--address", "192.0.2.1")
	build(1, "does not exist on windows", "--format", "msi", "--new-key", "desks", "--address", "192.0.2.1", "--sensor", "ebpf")
	c.expect("ID NAME STATE LABELS USES STATIONS EXPIRES", "client", "key", "list")

	path := filepath.Join(out, "office.msi")
	build(0, "It is not signed.", "--format", "msi", "--new-key", "desks", "--uses", "5", "--label", "office", "--address", "192.0.2.1", "--spool", "64", "--end-process", "-o", path)
	got := c.settings(path)
	if got.Server != "https://192.0.2.1:8444" || got.Authority != authority.Fingerprint() || got.SpoolBytes != 64<<20 || !got.EndProcess {
		t.Errorf("the client carries %+v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the client, which has a secret: %v, %v", info.Mode(), err)
	}
	c.expect("ID NAME STATE LABELS USES STATIONS EXPIRES\n1 desks usable office 0 of 5 0 never", "client", "key", "list")
	build(0, "sudo dpkg -i eljefe-agent_1.2.3_amd64.deb", "--format", "deb", "--key-id", "1", "--address", "192.0.2.1", "-o", out)
	if _, err := os.Stat(filepath.Join(out, "eljefe-agent_1.2.3_amd64.deb")); err != nil {
		t.Error(err)
	}
	c.run(0, "client", "key", "revoke", "1")
	build(1, `enrolment key "desks" was revoked`, "--format", "deb", "--key-id", "1", "--address", "192.0.2.1", "-o", out)
}

func TestClientsAreSigned(t *testing.T) {
	out := t.TempDir()
	c := &terminal{t: t, there: []string{"--data-dir", t.TempDir()}} // no database is needed
	c.says(1, "built without clients", "client", "export", out)
	c.carrying()
	c.says(0, "client sign --signed", "client", "export", out)
	path := filepath.Join(out, "eljefe-agent-1.2.3-amd64.msi")
	exported, err := os.ReadFile(path)
	original, err2 := os.ReadFile(filepath.Join(msiData, "client.msi"))
	if err != nil || err2 != nil || !bytes.Equal(exported, original) {
		t.Errorf("exported is another file than the one to sign: %v, %v", err, err2)
	}
	c.says(1, "is not signed", "client", "sign", "--signed", path)
	c.says(1, "give either a key", "client", "sign")
	c.says(1, "give either a key", "client", "sign", "--pkcs12", path, "--signed", path)
	c.says(1, "for signing here", "client", "sign", "--timestamp", "http://time.example", "--signed", path)
	c.says(0, "windows-amd64-msi, version v1.2.3, signed by Test code signing", "client", "sign", "--signed", filepath.Join(msiData, "signed.msi"))
}

// From elsewhere, with a token, a client is made by the server.
func TestClientsElsewhere(t *testing.T) {
	authority, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	names, err := authority.KeepServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	shelf := catalogue.New((&terminal{t: t}).carrying().carried, t.TempDir())
	raw, err := os.ReadFile(filepath.Join(msiData, "signed.msi"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shelf.Keep(raw); err != nil {
		t.Fatal(err)
	}
	c := elsewhere(t, func(cfg *api.Config) {
		cfg.Agents.Address, cfg.Clients = "https://192.0.2.1:9444", &api.Clients{Catalogue: shelf, Authority: authority, Names: names}
	})
	path := filepath.Join(t.TempDir(), "client.msi")
	said := c.says(0, "Signed by Test code signing.", "client", "build", "--format", "msi", "--new-key", "desks", "--out", path)
	if !strings.Contains(said, "Note: the server's certificate is not for 192.0.2.1") {
		t.Errorf("it says %q; want what speaks against the address", said)
	}
	if got := c.settings(path); got.Server != "https://192.0.2.1:9444" || got.Authority != authority.Fingerprint() {
		t.Errorf("the client carries %+v", got)
	}
}
