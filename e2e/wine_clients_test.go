//go:build linux

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// Where a person puts what was downloaded.
const (
	wineClient  = `C:\Downloads\client.exe`
	wineEarlier = `C:\Downloads\earlier.exe`
	wineMSI     = `C:\Downloads\client.msi`
)

// carryingProgram builds the server's program with clients in it that are made from
// the agent as it is now. What "make build" has left in the tree may be older.
var carryingProgram = sync.OnceValues(func() (string, error) {
	w, err := prepareWine()
	if err != nil {
		return "", err
	}
	server, err := program()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(server), "carried")
	list, missing, err := generics(w, dir)
	if err != nil {
		return "", err
	}
	if err := catalogue.Write(dir, list, missing); err != nil {
		return "", err
	}
	overlay, err := carriedOverlay(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(server), "eljefe-with-clients")
	out, err := exec.Command("go", "build", "-overlay", overlay, "-o", path, "github.com/eljefe/eljefe/cmd/eljefe").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// generics returns the files that clients for Windows are made from, and the formats
// that cannot be had here. What it builds goes into dir.
func generics(w *wine, dir string) (list []installer.Generic, missing []installer.Format, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	agent := w.unix(wineAgent)
	files := map[installer.Format]string{installer.Program: agent}
	if _, err := firstOf("wixl"); err != nil {
		missing = append(missing, installer.MSI)
	} else {
		slot, msi := filepath.Join(dir, "slot"), filepath.Join(dir, "agent.msi")
		if err := os.WriteFile(slot, tag.EmptySlot(), 0o600); err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(msi, nil, 0o600); err != nil {
			return nil, nil, err
		}
		out, err := exec.Command("../scripts/msi.sh", agent, "amd64", "v1.2.3", slot, msi).CombinedOutput()
		if err != nil {
			return nil, nil, fmt.Errorf("build the MSI package: %w: %s", err, out)
		}
		files[installer.MSI] = msi
	}
	for format, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		if content, err = installer.Prepare(content); err != nil {
			return nil, nil, err
		}
		list = append(list, installer.Generic{Format: format, Arch: "amd64", Version: "v1.2.3", Content: content})
	}
	return list, missing, nil
}

// carriedOverlay writes what has Go build the program with the files of dir in place
// of those that it carries otherwise, and returns its path.
func carriedOverlay(dir string) (string, error) {
	into, err := filepath.Abs(filepath.Join("..", "internal", "installer", "carried", "dist"))
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, from := range []string{into, dir} {
		entries, err := os.ReadDir(from)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			name := e.Name()
			if name != "manifest.json" && !strings.HasSuffix(name, ".zst") {
				continue
			}
			replace[filepath.Join(into, name)] = "" // it is left out
			if from == dir {
				replace[filepath.Join(into, name)] = filepath.Join(dir, name)
			}
		}
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, raw, 0o600)
}

// serveClients starts a server that can make clients for Windows, whose agents call
// the address listen.
func serveClients(t *testing.T, listen string) *server {
	t.Helper()
	path, err := carryingProgram()
	if err != nil {
		t.Fatal(err)
	}
	s, err := serveProgram(t, path, dataDir(t), "--agent-listen", listen)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client is what the API tells of a client that was made.
type client struct {
	Download, SHA256, Secret string
	FileName                 string `json:"file_name"`
	Key                      struct{ ID int64 }
}

// client has a client made, as the page does, and fetches it as a station would:
// without being logged in.
func (b *browser) client(format, server string, more map[string]any) (client, []byte) {
	b.t.Helper()
	body := map[string]any{"format": format, "arch": "amd64", "server": server, "proxy": "none", "password": newPassword}
	if more["key_id"] == nil {
		body["new_key"] = map[string]any{"name": "office"}
	}
	for name, value := range more {
		body[name] = value
	}
	var made client
	b.must("POST", "/clients", body, 200, &made)
	stranger := http.Client{Transport: b.http.Transport}
	res, err := stranger.Get(strings.TrimSuffix(b.base, "/") + made.Download)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || fmt.Sprintf("%x", sha256.Sum256(content)) != made.SHA256 {
		b.t.Fatalf("%s: %s, %d bytes, %v; want the file with the digest %s", made.Download, res.Status, len(content), err, made.SHA256)
	}
	return made, content
}

// put puts a file onto the drive.
func (w *wine) put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(w.unix(path), content, 0o755); err != nil {
		t.Fatal(err)
	}
}

// click starts a program as a double click does, in a console that it has for
// itself, and returns what the window says that it shows in the end.
func (w *wine) click(t *testing.T, language, title, path string) string {
	t.Helper()
	w.up(t)
	began := w.command(t.Context(), "cmd.exe", "/c", "start", path)
	began.Env = append(slices.Clip(w.env), "ELJEFE_AGENT_LANGUAGE="+language)
	var out bytes.Buffer
	began.Stdout, began.Stderr = &out, &out
	if err := began.Start(); err != nil {
		t.Fatal(err)
	}
	text, code := w.run(t, wineWindow, title, "60")
	if err := began.Wait(); err != nil || code != 0 {
		t.Fatalf("no window %q came: code %d, %v, %s%s", title, code, err, out.String(), w.serviceLog())
	}
	return text
}
