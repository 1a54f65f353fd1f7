package catalogue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
)

// Bare returns the carried files for Windows as they are to be signed, and how each
// is called.
func (c *Catalogue) Bare() ([]installer.Generic, error) {
	built, err := readManifest(c.carried, Carried)
	if err != nil {
		return nil, fmt.Errorf("read the clients that this program carries: %w", err)
	}
	var list []installer.Generic
	for i := range built.Packages {
		p := &built.Packages[i]
		if p.Format.System() != "windows" {
			continue // packages for Linux are written anew for each client
		}
		g, err := c.Generic(p)
		if err != nil {
			return nil, err
		}
		if g.Content, err = installer.Bare(g.Content); err != nil {
			return nil, fmt.Errorf("%s: %w", g.FileName(), err)
		}
		list = append(list, *g)
	}
	if len(list) == 0 {
		return nil, ErrNone()
	}
	return list, nil
}

// Keep puts a signed file into the folder, from where it is offered at once. It has
// to be made from one that the program carries.
func (c *Catalogue) Keep(file []byte) (*Package, error) {
	if c.dir == "" {
		return nil, errors.New("there is no folder for signed clients")
	}
	g, err := c.recognize(file)
	if err != nil {
		return nil, err
	}
	p, err := describe(g)
	if err != nil {
		return nil, err
	}
	if p.Signer == "" {
		return nil, fmt.Errorf("%s is not signed", g.FileName())
	}
	// A name of its own: who is reading the old one finds that, as the old manifest says.
	p.File = fmt.Sprintf("eljefe-agent-%s-%.12s.%s.zst", g.Arch, p.SHA256, g.Format)
	m, err := readManifest(c.signed(), Signed)
	if err != nil {
		return nil, fmt.Errorf("read the signed clients in %s: %w", c.dir, err)
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for signed clients: %w", err)
	}
	if err := writePacked(filepath.Join(c.dir, p.File), g.Content); err != nil {
		return nil, fmt.Errorf("keep %s: %w", g.FileName(), err)
	}
	var old []string
	m.Packages = slices.DeleteFunc(m.Packages, func(other Package) bool {
		same := other.ID() == p.ID()
		if same && other.File != p.File {
			old = append(old, other.File)
		}
		return same
	})
	m.Packages = append(m.Packages, p)
	if err := m.write(c.dir); err != nil {
		return nil, fmt.Errorf("list the signed clients: %w", err)
	}
	for _, name := range old {
		if err := os.Remove(filepath.Join(c.dir, name)); err != nil {
			return nil, fmt.Errorf("remove the signed client from before: %w", err)
		}
	}
	p.Source = Signed
	return &p, nil
}

// recognize finds out which of the carried files a signed one was made from, and
// returns it with its place for a configuration.
func (c *Catalogue) recognize(file []byte) (*installer.Generic, error) {
	built, err := readManifest(c.carried, Carried)
	if err != nil {
		return nil, fmt.Errorf("read the clients that this program carries: %w", err)
	}
	essence, err := installer.Essence(file)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(built.Packages, func(p Package) bool { return p.Essence == fmt.Sprintf("%x", essence) })
	if i < 0 {
		return nil, fault.Invalidf("this is none of the clients that this program carries: write them with \"eljefe client export\", and sign those")
	}
	p := &built.Packages[i]
	prepared, err := installer.Prepare(file)
	if err != nil {
		return nil, err
	}
	return &installer.Generic{Format: p.Format, Arch: p.Arch, Version: p.Version, Content: prepared}, nil
}
