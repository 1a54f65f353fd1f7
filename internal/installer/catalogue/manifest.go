package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/installer"
)

// manifestName is the file that lists what a folder holds. It is written last: a
// folder without one holds nothing.
const manifestName = "manifest.json"

// mostBytes bounds the content of a file; an agent has some 12 MB.
const mostBytes = 256 << 20

type manifest struct {
	Packages []Package          `json:"packages"`
	Missing  []installer.Format `json:"missing,omitempty"` // that could not be built
}

// readManifest reads the list in a folder, which may be nil or empty.
func readManifest(files fs.FS, source Source) (*manifest, error) {
	m := &manifest{}
	if files == nil {
		return m, nil
	}
	raw, err := fs.ReadFile(files, manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	for i := range m.Packages {
		p := &m.Packages[i]
		if p.Format.System() == "" || p.Arch == "" || p.Version == "" || !filepath.IsLocal(p.File) || p.Size <= 0 || p.Size > mostBytes {
			return nil, fmt.Errorf("%s: the entry %d (%s) is damaged", manifestName, i+1, p.ID())
		}
		p.Source = source
	}
	return m, nil
}

// readContent unpacks a package's file and makes sure that it is the one listed.
func readContent(files fs.FS, p *Package) ([]byte, error) {
	packed, err := fs.ReadFile(files, p.File)
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostBytes))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	content, err := d.DecodeAll(packed, make([]byte, 0, p.Size))
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", p.File, err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, fmt.Errorf("%s is not the file that %s lists: it was changed or damaged", p.File, manifestName)
	}
	return content, nil
}

// describe returns what a manifest says of a generic file.
func describe(g *installer.Generic) (Package, error) {
	sum := sha256.Sum256(g.Content)
	p := Package{Format: g.Format, Arch: g.Arch, Version: g.Version, Size: int64(len(g.Content)), SHA256: hex.EncodeToString(sum[:])}
	switch g.Format.System() {
	case "windows":
		p.File = fmt.Sprintf("eljefe-agent-%s.%s.zst", g.Arch, g.Format)
		essence, err := installer.Essence(g.Content)
		if err != nil {
			return p, err
		}
		p.Essence = hex.EncodeToString(essence[:])
		p.Signer, err = installer.SignerOf(g.Content)
		return p, err
	case "linux":
		p.File = fmt.Sprintf("eljefe-agent-linux-%s.zst", g.Arch)
		return p, nil
	}
	return p, fmt.Errorf("a client %q is unknown", g.Format)
}

// Write fills a folder with generic files, in place of what it held. The formats
// that are missing could not be built. A file that is there already is kept.
func Write(dir string, list []installer.Generic, missing []installer.Format) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	before, err := readManifest(os.DirFS(dir), Carried)
	if err != nil {
		before = &manifest{} // all is written anew
	}
	m, there := manifest{Missing: missing}, map[string]bool{}
	for i := range list {
		p, err := describe(&list[i])
		if err != nil {
			return fmt.Errorf("%s: %w", list[i].FileName(), err)
		}
		m.Packages = append(m.Packages, p)
		if there[p.File] {
			continue // the same program in another kind of package
		}
		there[p.File] = true
		if slices.ContainsFunc(before.Packages, func(b Package) bool { return b.File == p.File && b.SHA256 == p.SHA256 }) {
			if _, err := readContent(os.DirFS(dir), &p); err == nil {
				continue
			}
		}
		if err := writePacked(filepath.Join(dir, p.File), list[i].Content); err != nil {
			return err
		}
	}
	for _, old := range before.Packages {
		if there[old.File] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, old.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return m.write(dir)
}

func (m *manifest) write(dir string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, manifestName), append(raw, '\n'))
}

func writePacked(path string, content []byte) error {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(path, e.EncodeAll(content, nil)), e.Close())
}

// replaceFile writes a file so that readers see the old one or the new one.
func replaceFile(path string, content []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
