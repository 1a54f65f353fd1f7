//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read returns a file's content and mode.
func read(t *testing.T, path string) (string, os.FileMode) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), info.Mode().Perm()
}

func TestInstall(t *testing.T) {
	root := t.TempDir()
	at := newLayout(root, "/opt/jefe")
	install := func(args ...string) string {
		t.Helper()
		out, code := command(t, append([]string{"install", "--root", root, "--prefix", "/opt/jefe"}, args...)...)
		if code != 0 {
			t.Fatalf("install %q: code %d, %s", args, code, out)
		}
		return out
	}
	if out, code := command(t, "install", "--root", root); code != 2 || !strings.Contains(out, "whose station") {
		t.Errorf("without settings: code %d, %s", code, out)
	}
	out := install("--server", "https://one:8444", "--authority", authority, "--key", "the key", "--allow-end-process")
	if !strings.Contains(out, "Nothing was started") {
		t.Errorf("it says %s", out)
	}
	for path, want := range map[string]os.FileMode{at.program: 0o755, at.unit: 0o644, at.config: 0o600, at.key: 0o600} {
		if content, mode := read(t, path); mode != want || content == "" {
			t.Errorf("%s has the mode %o and %d bytes; want %o", path, mode, len(content), want)
		}
	}
	if info, err := os.Stat(at.state); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder: %v, %v", info, err)
	}
	if unit, _ := read(t, at.unit); !strings.Contains(unit, "ExecStart=/opt/jefe/bin/eljefe-agent run") || !strings.Contains(unit, "--state-dir "+systemState()) || strings.Contains(unit, "/usr/local") {
		t.Errorf("the unit is %s", unit)
	}
	config, _ := read(t, at.config)
	if strings.Contains(config, "the key") || !strings.Contains(config, `"end_process": true`) || strings.Contains(config, "limits") || strings.Contains(config, root) {
		t.Errorf("the settings are %s; want them without the key, limits and %s", config, root)
	}
	if key, _ := read(t, at.key); key != "the key\n" {
		t.Errorf("the key is %q", key)
	}

	// What an MSI package passes on where nobody gave it anything changes nothing.
	install("--server", "", "--authority", "", "--key", "", "--proxy", "", "--allow-end-process=false", "--sensor", "", "--spool-bytes=0", "--no-devices=false")
	if again, _ := read(t, at.config); again != config {
		t.Errorf("told nothing, it makes of the settings %s; they were %s", again, config)
	}
	given := []string{"--sensor", "poll", "--spool-bytes", "8388608", "--no-devices=true", "--allow-end-process=1"}
	install(given...)
	for _, want := range []string{`"sensor": "poll"`, `"limits": {
    "spool_bytes": 8388608
  }`, `"no_devices": true`, `"end_process": true`} {
		if other, _ := read(t, at.config); !strings.Contains(other, want) {
			t.Errorf("with %q the settings are %s; want in them %s", given, other, want)
		}
	}
	for _, test := range [][2]string{{"--sensor=none", "sensor"}, {"--spool-bytes=1", "spool_bytes"}} {
		if out, code := command(t, "install", "--root", root, test[0]); code != 2 || !strings.Contains(out, test[1]) {
			t.Errorf("%s: code %d, %s", test[0], code, out)
		}
	}
	install("--sensor", "best", "--spool-bytes", "209715200")
	if other, _ := read(t, at.config); strings.Contains(other, "sensor") || strings.Contains(other, "limits") {
		t.Errorf("set back, the settings are %s", other)
	}
	config, _ = read(t, at.config)

	// An upgrade keeps all that is the station's, and the settings.
	station := filepath.Join(at.state, "station.pem")
	if err := os.WriteFile(station, []byte("identity"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at.program, []byte("old"), 0o755); err != nil {
		t.Fatal(err)
	}
	install()
	if again, _ := read(t, at.config); again != config {
		t.Errorf("after an upgrade the settings are %s; before they were %s", again, config)
	}
	if program, _ := read(t, at.program); program == "old" {
		t.Error("the program was not replaced")
	}
	if id, _ := read(t, station); id != "identity" {
		t.Error("the station is not what it was")
	}

	out, code := command(t, "uninstall", "--root", root, "--prefix", "/opt/jefe")
	if _, err := os.Stat(at.program); code != 0 || err == nil || !strings.Contains(out, "kept") {
		t.Errorf("uninstall: code %d, %v, %s", code, err, out)
	}
	read(t, station)
	read(t, at.config)
	for range 2 { // the second finds nothing, and that is what was wanted
		if out, code := command(t, "uninstall", "--root", root, "--prefix", "/opt/jefe", "--purge"); code != 0 {
			t.Errorf("uninstall --purge: code %d, %s", code, out)
		}
	}
	for _, path := range []string{at.state, filepath.Dir(at.config), at.unit} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is left behind", path)
		}
	}
}
