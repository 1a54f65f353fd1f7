// Package deb writes Debian packages: an archive of ar with two of tar in it.
//
// The same input gives the same bytes. What belongs into the package, the caller
// says; nothing is read from the system.
package deb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Package is what a Debian package says and holds.
type Package struct {
	Name, Version, Architecture string
	Maintainer, Summary         string
	Description                 string // further lines; "": none
	Section, Homepage           string
	Fields                      map[string]string // more of the control file, as Depends

	Scripts map[string]string // by name: preinst, postinst, prerm, postrm
	Files   []File
	Made    time.Time // of everything in the package
}

// File is a file or, if Content is nil, a folder of root's.
type File struct {
	Path    string // absolute
	Mode    int64
	Content []byte
	Config  bool // the administrator may change it: an upgrade asks before it replaces it
	Passing bool // it may vanish: it is not in the list of checksums
}

// Version returns a version as Debian orders and allows it.
func Version(v string) string {
	v = strings.TrimPrefix(v, "v")
	v = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.', r == '+', r == '~':
			return r
		}
		return '+'
	}, v)
	if v == "" || v[0] < '0' || v[0] > '9' {
		return "0~" + v
	}
	return v
}

// Write writes the package.
func (p *Package) Write(w io.Writer) error {
	control, err := p.control()
	if err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	data, err := p.data()
	if err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	out := &bytes.Buffer{}
	out.WriteString("!<arch>\n")
	for _, member := range []struct {
		name    string
		content []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", control}, {"data.tar.gz", data}} {
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", member.name, p.Made.Unix(), 0, 0, "100644", len(member.content))
		out.Write(member.content)
		if len(member.content)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	return nil
}

// control returns what dpkg is told about the package.
func (p *Package) control() ([]byte, error) {
	var sums, config strings.Builder
	size := 0
	for _, f := range p.Files {
		size += len(f.Content)
		if f.Content != nil && !f.Config && !f.Passing {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.Content), strings.TrimPrefix(f.Path, "/"))
		}
		if f.Config {
			config.WriteString(f.Path + "\n")
		}
	}
	var text strings.Builder
	fields := [][2]string{{"Package", p.Name}, {"Version", p.Version}, {"Architecture", p.Architecture}, {"Maintainer", p.Maintainer},
		{"Installed-Size", fmt.Sprint((size + 1023) / 1024)}, {"Section", p.Section}, {"Priority", "optional"}, {"Homepage", p.Homepage}}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		fields = append(fields, [2]string{name, p.Fields[name]})
	}
	for _, f := range append(fields, [2]string{"Description", p.Summary}) {
		if strings.ContainsAny(f[1], "\r\n") {
			return nil, fmt.Errorf("the field %s has more than one line", f[0])
		}
		if f[1] != "" {
			fmt.Fprintf(&text, "%s: %s\n", f[0], f[1])
		}
	}
	if p.Description != "" {
		for line := range strings.Lines(p.Description) {
			text.WriteString(" " + line)
		}
		text.WriteString("\n")
	}
	list := []File{{Path: "/control", Mode: 0o644, Content: []byte(text.String())}, {Path: "/md5sums", Mode: 0o644, Content: []byte(sums.String())}}
	if config.Len() > 0 {
		list = append(list, File{Path: "/conffiles", Mode: 0o644, Content: []byte(config.String())})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Scripts)) {
		list = append(list, File{Path: "/" + name, Mode: 0o755, Content: []byte(p.Scripts[name])})
	}
	return Archive(list, p.Made)
}

// data returns the files, each after the folders that it is in.
func (p *Package) data() ([]byte, error) {
	own := map[string]bool{} // folders that are listed
	for _, f := range p.Files {
		own[f.Path] = own[f.Path] || f.Content == nil
	}
	var list []File
	seen := map[string]bool{"/": true}
	for _, f := range p.Files {
		var parents []File
		for dir := path.Dir(f.Path); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if !own[dir] {
				parents = append(parents, File{Path: dir, Mode: 0o755})
			}
		}
		slices.Reverse(parents)
		list = append(append(list, parents...), f)
	}
	return Archive(list, p.Made)
}

// Archive returns files of root's as a compressed archive of tar. Their paths are
// below its top.
func Archive(files []File, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(packed)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: "." + f.Path, Size: int64(len(f.Content)), Mode: f.Mode,
			Uname: "root", Gname: "root", ModTime: made.Truncate(time.Second), Format: tar.FormatGNU,
		}
		if f.Content == nil {
			h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
		}
		if err := archive.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(archive.Close(), packed.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
