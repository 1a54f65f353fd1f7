package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var authority = strings.Repeat("ab", 32)

// command runs one command line and returns what it printed, and its exit code.
func command(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	code = run(context.Background(), args, &b, &b)
	return b.String(), code
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "config.json")
	if err := os.WriteFile(broken, []byte("{\n\"servr\": 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	known := []string{"--server", "https://x:1", "--authority", authority}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"version"}, 0, "eljefe-agent development"},
		{[]string{"--help"}, 0, "uninstall"},
		{[]string{"walk"}, 2, "walk"},
		{[]string{"run", "--server", "eljefe:8444"}, 2, "https://"},
		{[]string{"run", "--server", "https://x:1"}, 2, "authority is missing"},
		{[]string{"run", "--server", "https://x:1", "--authority", "12"}, 2, "authority"},
		{append([]string{"run", "--key", "a", "--key-file", "b"}, known...), 2, "key"},
		{append([]string{"run", "--proxy", "nonsense"}, known...), 2, "proxy"},
		{append([]string{"run", "--loop"}, known...), 2, "--replay"},
		{append([]string{"run", "--replay", "/none"}, known...), 2, "/none"},
		{append([]string{"run", "--state-dir", filepath.Join(dir, "s"), "--replay", text}, known...), 2, "neither a Windows event log"},
		{[]string{"run", "--config", broken}, 2, "servr"},
		{[]string{"run", "--config", filepath.Join(dir, "none")}, 2, "none"},
		{[]string{"status", "--state-dir", dir}, 1, "does not run"},
	} {
		out, code := command(t, tt.args...)
		if code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("%q: code %d, %q; want %d, with %q", tt.args, code, out, tt.code, tt.want)
		}
	}
}

// Flags go before the file, and what they do not say stays the file's.
func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	file := map[string]any{"server": "https://old:8444", "authority": authority, "enrolment_key": "k", "proxy": "none"}
	raw, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := (&settings{Config: path, Server: "https://new:1", AllowEndProcess: true, NoDevices: true}).read("")
	if err != nil {
		t.Fatal(err)
	}
	if c.Server != "https://new:1" || c.Authority != authority || c.Proxy != "none" || c.EnrolmentKey != "k" || !c.EndProcess || !c.NoDevices {
		t.Errorf("the settings are %+v", c)
	}
	if c, err = (&settings{}).read(path); err != nil || c.Server != "https://old:8444" {
		t.Errorf("the installed file gives %+v, %v", c, err)
	}
}
