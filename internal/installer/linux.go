package installer

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/installer/deb"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/packaging"
)

// Where the packages for Linux have their things.
const (
	linuxConfig = "/etc/eljefe-agent/config.json"
	linuxState  = "/var/lib/eljefe-agent"
	linuxKey    = linuxState + "/enrolment.key" // the agent removes it once it has enrolled
)

// script returns a file of packaging.Scripts.
func script(name string) (string, error) {
	raw, err := fs.ReadFile(packaging.Scripts, name)
	return string(raw), err
}

// writeDebian writes a Debian package: for the stations of config, or for nobody's
// if it is nil.
func writeDebian(w io.Writer, arch, version string, program []byte, config *tag.Config, made time.Time) error {
	scripts := map[string]string{}
	for _, name := range []string{"preinst", "postinst", "prerm", "postrm"} {
		text, err := script(path.Join("deb", name))
		if err != nil {
			return err
		}
		scripts[name] = text
	}
	files := []deb.File{
		{Path: "/usr/bin/eljefe-agent", Mode: 0o755, Content: program},
		{Path: "/usr/lib/systemd/system/eljefe-agent.service", Mode: 0o644, Content: []byte(strings.ReplaceAll(packaging.AgentUnit, "/usr/local/bin/", "/usr/bin/"))},
		{Path: linuxState, Mode: 0o700},
	}
	if config != nil {
		settings, err := config.Settings(linuxKey)
		if err != nil {
			return err
		}
		files = append(files,
			deb.File{Path: linuxConfig, Mode: 0o600, Content: settings, Config: true},
			deb.File{Path: linuxKey, Mode: 0o600, Content: []byte(config.EnrolmentKey + "\n"), Passing: true})
	}
	p := deb.Package{
		Name: "eljefe-agent", Version: deb.Version(version), Architecture: arch, Section: "admin", Homepage: "https://github.com/eljefe/eljefe",
		Maintainer: "El Jefe <eljefe@localhost>", Summary: "records which processes start, and reports them to an El Jefe server",
		Scripts: scripts, Files: files, Made: made,
	}
	return p.Write(w)
}

// writeArchive writes what can be unpacked and installed by a script anywhere.
func writeArchive(w io.Writer, program []byte, config *tag.Config, made time.Time) error {
	install, err := script("tar/install.sh")
	if err != nil {
		return err
	}
	files := []deb.File{
		{Path: "/eljefe-agent", Mode: 0o755},
		{Path: "/eljefe-agent/eljefe-agent", Mode: 0o755, Content: program},
		{Path: "/eljefe-agent/install.sh", Mode: 0o755, Content: []byte(install)},
	}
	if config != nil {
		settings, err := config.Settings("")
		if err != nil {
			return err
		}
		files = append(files, deb.File{Path: "/eljefe-agent/config.json", Mode: 0o600, Content: settings})
	}
	raw, err := deb.Archive(files, made)
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	_, err = w.Write(raw)
	return err
}
