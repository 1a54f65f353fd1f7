// Package installer makes clients: agent packages configured for one server, that
// need nothing said when they are installed.
//
// A program or MSI package for Windows is made once and signed once, by the
// operator, and never built again: Prepare gives it a place for a configuration,
// and each client is a copy in which that place is filled (package tag). A
// package for Linux is written anew for each client, around the same program. How
// the generic files come to be, the Makefile says (make packages); who may have a
// client, and which enrolment key is in it, is the server's to decide.
package installer

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

// Format is a kind of client.
type Format string

// The formats.
const (
	Program Format = "exe" // for Windows: installs itself
	MSI     Format = "msi" // for Windows' own installer
	Debian  Format = "deb" // for dpkg and apt
	Archive Format = "tar" // for other kinds of Linux
)

// Formats returns all formats.
func Formats() []Format { return []Format{Program, MSI, Debian, Archive} }

// System returns the system that a client of the format is for, as GOOS has it,
// or "" if there is no such format.
func (f Format) System() string {
	switch f {
	case Program, MSI:
		return "windows"
	case Debian, Archive:
		return "linux"
	}
	return ""
}

// Generic is the file that clients of one format and architecture are made from.
type Generic struct {
	Format  Format
	Arch    string // as GOARCH has it
	Version string // of the agent
	Content []byte // for Windows: prepared; for Linux: the agent's program
}

// FileName returns what a client is called when it is downloaded.
func (g *Generic) FileName() string {
	switch g.Format {
	case Debian:
		return fmt.Sprintf("eljefe-agent_%s_%s.deb", plain(g.Version), g.Arch)
	case Archive:
		return fmt.Sprintf("eljefe-agent-%s-linux-%s.tar.gz", plain(g.Version), g.Arch)
	}
	return fmt.Sprintf("eljefe-agent-%s-%s.%s", plain(g.Version), g.Arch, g.Format)
}

// plain returns a version as it may stand in a file's name.
func plain(version string) string {
	version = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._+~-", r) {
			return r
		}
		return '-'
	}, strings.TrimPrefix(version, "v"))
	if version == "" {
		return "0"
	}
	return version
}

// Signed tells whether the file carries a code signature, of whatever worth.
func (g *Generic) Signed() (bool, error) {
	if g.Format.System() != "windows" {
		return false, nil
	}
	place, err := tag.Find(bytes.NewReader(g.Content), int64(len(g.Content)))
	if err != nil {
		return false, fmt.Errorf("look at the client %s: %w", g.FileName(), err)
	}
	return place.Signed, nil
}

// Write writes the client for the stations of config, which the authority signs.
// The same input gives the same bytes, but for the signature in a Windows client.
func (g *Generic) Write(w io.Writer, config *tag.Config, authority tag.Authority) error {
	document, err := g.Seal(config, authority)
	if err != nil {
		return err
	}
	return g.WriteSealed(w, document)
}

// Seal returns the configuration of a client as a document that the authority has
// signed, for WriteSealed.
func (g *Generic) Seal(config *tag.Config, authority tag.Authority) ([]byte, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	if err := config.CheckFor(g.Format.System()); err != nil {
		return nil, err
	}
	return tag.Seal(config, authority)
}

// WriteSealed writes the client with a configuration that Seal returned. The same
// document gives the same bytes.
func (g *Generic) WriteSealed(w io.Writer, document []byte) error {
	if g.Format.System() == "windows" {
		return g.writeTagged(w, document)
	}
	// What an agent would read, goes into the package: with the authority's fingerprint.
	opened, err := tag.Open(document)
	if err != nil {
		return err
	}
	return g.writeLinux(w, opened, opened.Made)
}

// check says whether there is such a client.
func (g *Generic) check() error {
	if g.Format.System() == "" {
		return fault.Invalidf("a client %.20q is unknown; there are %q", g.Format, Formats()).Coded("client_no_format", "format", "known")
	}
	return nil
}

// WriteGeneric writes a client that belongs to nobody yet.
func (g *Generic) WriteGeneric(w io.Writer, made time.Time) error {
	if err := g.check(); err != nil {
		return err
	}
	if g.Format.System() == "windows" {
		return g.writeTagged(w, nil)
	}
	return g.writeLinux(w, nil, made)
}

func (g *Generic) writeTagged(w io.Writer, document []byte) error {
	place, err := tag.Find(bytes.NewReader(g.Content), int64(len(g.Content)))
	if err != nil {
		return fmt.Errorf("look at the client %s: %w", g.FileName(), err)
	}
	client := bytes.Clone(g.Content)
	if err := place.Write(client, document); err != nil {
		return err
	}
	_, err = w.Write(client)
	return err
}

func (g *Generic) writeLinux(w io.Writer, config *tag.Config, made time.Time) error {
	if g.Format == Debian {
		return writeDebian(w, g.Arch, g.Version, g.Content, config, made)
	}
	return writeArchive(w, g.Content, config, made)
}
