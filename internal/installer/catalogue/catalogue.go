// Package catalogue keeps the generic files that clients are made from: those
// that were built into the server program, and those that the operator has
// signed.
//
// Of each kind of client it offers one. A file that the operator has signed goes
// before the carried one that it was made from; one that was made from another
// version is not offered, and the catalogue says so. What it gives out is what
// its manifest says, byte for byte. Whose stations a client is for, and who may
// have one, it leaves to others.
package catalogue

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
)

// Source is where a generic file comes from.
type Source string

// The sources.
const (
	Carried Source = "carried" // built into the program
	Signed  Source = "signed"  // signed by the operator, who put it into the data directory
)

// Package is one generic file, as a manifest lists it. Programs for Linux are
// listed twice: both kinds of package are made from them.
type Package struct {
	Format  installer.Format `json:"format"`
	Arch    string           `json:"arch"`    // as GOARCH has it
	Version string           `json:"version"` // of the agent
	File    string           `json:"file"`    // in the folder, compressed with zstd
	Size    int64            `json:"size"`    // of its content
	SHA256  string           `json:"sha256"`  // of its content

	// Of files for Windows.
	Essence string `json:"essence,omitempty"` // see installer.Essence
	Signer  string `json:"signer,omitempty"`  // who signed it; "": nobody did

	Source Source     `json:"-"`
	Note   fault.Text `json:"-"` // what is to be said of the choice; no message: nothing is
}

// ID names the kind of client: windows-amd64-exe.
func (p *Package) ID() string { return packageID(p.Format, p.Arch) }

func packageID(f installer.Format, arch string) string {
	return fmt.Sprintf("%s-%s-%s", f.System(), arch, f)
}

// Catalogue is what a server has to make clients from. It can be used by several
// at the same time.
type Catalogue struct {
	carried fs.FS
	dir     string
}

// New returns the catalogue of what is carried, and what stands in the folder dir.
// carried may be nil, dir may be missing, or "" for none.
func New(carried fs.FS, dir string) *Catalogue {
	return &Catalogue{carried: carried, dir: dir}
}

// Offer is what clients can be made from.
type Offer struct {
	Packages []Package          // in the order of installer.Formats
	Carried  bool               // the program carries some
	Missing  []installer.Format // that were not built with the others
}

// Offer reads both manifests anew: the operator may have signed since.
func (c *Catalogue) Offer() (*Offer, error) {
	built, err := readManifest(c.carried, Carried)
	if err != nil {
		return nil, fmt.Errorf("read the clients that this program carries: %w", err)
	}
	signed, err := readManifest(c.signed(), Signed)
	if err != nil {
		return nil, fmt.Errorf("read the signed clients in %s: %w", c.dir, err)
	}
	o := &Offer{Carried: len(built.Packages) > 0, Missing: built.Missing}
	for _, p := range built.Packages {
		o.Packages = append(o.Packages, choose(p, signed.Packages))
	}
	for _, s := range signed.Packages {
		if !slices.ContainsFunc(o.Packages, func(p Package) bool { return p.ID() == s.ID() }) {
			o.Packages = append(o.Packages, s)
		}
	}
	order := installer.Formats()
	slices.SortStableFunc(o.Packages, func(a, b Package) int {
		if n := slices.Index(order, a.Format) - slices.Index(order, b.Format); n != 0 {
			return n
		}
		return strings.Compare(a.Arch, b.Arch)
	})
	return o, nil
}

// choose returns the signed file that was made from the carried one, or else the
// carried one.
func choose(p Package, signed []Package) Package {
	for _, s := range signed {
		switch {
		case s.ID() != p.ID():
		case s.Essence == p.Essence:
			return s
		case s.Version == p.Version:
			p.Note = fault.Sayf("a signed one is here too, but it was made from another build of %s: sign this one with \"eljefe client sign\"", s.Version).Coded("client_signed_other_build", "version").Text
		default:
			p.Note = fault.Sayf("a signed one is here too, but of version %s, and this server carries %s: sign this one with \"eljefe client sign\"", s.Version, p.Version).
				Coded("client_signed_other_version", "version", "carried").Text
		}
	}
	return p
}

// Find returns the offered package of a format for an architecture, or an error
// of kind NotFound that says what there is.
func (c *Catalogue) Find(format installer.Format, arch string) (*Package, error) {
	return c.ByID(packageID(format, arch))
}

// ByID is Find by a package's ID.
func (c *Catalogue) ByID(id string) (*Package, error) {
	o, err := c.Offer()
	if err != nil {
		return nil, err
	}
	var known []string
	for i := range o.Packages {
		if o.Packages[i].ID() == id {
			return &o.Packages[i], nil
		}
		known = append(known, o.Packages[i].ID())
	}
	if len(known) == 0 {
		return nil, ErrNone()
	}
	return nil, fault.NotFoundf("there is no client %.60s; there are %s", id, strings.Join(known, ", ")).Coded("client_unknown", "client", "known")
}

// ErrNone is the error that there is nothing to make clients from.
func ErrNone() error {
	return fault.NotFoundf("this server was built without clients: \"make build\" builds them, and puts them into the program").Coded("client_none")
}

// Program returns the offered file that an agent for a system (as in GOOS) and an
// architecture is upgraded from: its content is the program.
func (c *Catalogue) Program(system, arch string) (*Package, error) {
	for _, format := range []installer.Format{installer.Program, installer.Debian} {
		if format.System() == system {
			return c.Find(format, arch)
		}
	}
	return nil, fault.NotFoundf("there is no agent for the system %.40q", system).Coded("client_no_system", "system")
}

// Generic reads a package's content.
func (c *Catalogue) Generic(p *Package) (*installer.Generic, error) {
	files := c.carried
	if p.Source == Signed {
		files = c.signed()
	}
	content, err := readContent(files, p)
	if err != nil {
		return nil, fmt.Errorf("read the client %s: %w", p.ID(), err)
	}
	return &installer.Generic{Format: p.Format, Arch: p.Arch, Version: p.Version, Content: content}, nil
}

// signed returns the folder of what the operator has signed, or nil.
func (c *Catalogue) signed() fs.FS {
	if c.dir == "" {
		return nil
	}
	return os.DirFS(c.dir)
}
