package winapi

import (
	"strings"
	"sync"
	"time"
)

// A Drive is a letter, and the device that it stands for.
type Drive struct {
	Letter string // "C:"
	Device string // \Device\HarddiskVolume3
}

// Paths turns the kernel's paths into those that people write. It may be used by
// several at once.
type Paths struct {
	// Drives asks the system which letters there are, and SystemRoot where Windows is.
	// Both are asked when a path needs them.
	Drives     func() []Drive
	SystemRoot func() string

	mu     sync.Mutex
	known  []Drive
	asked  time.Time
	system string
}

// How long the letters of the drives are believed. A path on a device without one
// makes it ask again, so that a new drive is known at once.
const (
	believed   = time.Minute
	askedAgain = 100 * time.Millisecond
)

// DOS returns the path as programs write it: with the letter of its drive, or as
// \\server\share. A path that has no such form, as one on a volume without a letter,
// comes back as it is.
func (p *Paths) DOS(path string) string {
	for _, prefix := range []string{`\??\`, `\DosDevices\`, `\GLOBAL??\`, `\\?\`} {
		if rest, ok := cutFold(path, prefix); ok {
			if share, ok := cutFold(rest, `UNC\`); ok {
				return `\\` + share
			}
			if len(rest) >= 2 && rest[1] == ':' {
				return rest
			}
			if device, ok := cutFold(rest, `GLOBALROOT\`); ok {
				return p.DOS(`\` + device)
			}
			return path
		}
	}
	if rest, ok := cutFold(path, `\SystemRoot\`); ok {
		if root := p.root(); root != "" {
			return root + `\` + rest
		}
		return path
	}
	for _, redirector := range []string{`\Device\Mup\`, `\Device\LanmanRedirector\`, `\Device\WebDavRedirector\`} {
		if rest, ok := cutFold(path, redirector); ok {
			// Who brings the file may stand first, and by which letter it is mapped: they
			// begin with a semicolon.
			for strings.HasPrefix(rest, ";") {
				if _, rest, ok = strings.Cut(rest, `\`); !ok {
					return path
				}
			}
			return `\\` + rest
		}
	}
	if _, ok := cutFold(path, `\Device\`); !ok {
		return path
	}
	return p.onDrive(path)
}

// onDrive finds the letter of the device.
func (p *Paths) onDrive(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if since := time.Since(p.asked); since < believed {
		if dos, ok := find(p.known, path); ok {
			return dos
		}
		if since < askedAgain {
			return path
		}
	}
	p.known, p.asked = p.Drives(), time.Now()
	dos, _ := find(p.known, path)
	return dos
}

func find(drives []Drive, path string) (string, bool) {
	for _, d := range drives {
		if rest, ok := cutFold(path, d.Device); ok && (rest == "" || rest[0] == '\\') {
			return d.Letter + rest, true
		}
	}
	return path, false
}

func (p *Paths) root() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.system == "" {
		p.system = strings.TrimSuffix(p.SystemRoot(), `\`)
	}
	return p.system
}

// Remote tells whether a path is that of a file on another machine.
func Remote(path string) bool {
	for _, local := range []string{`\\?\`, `\\.\`, `\??\`} {
		if rest, ok := cutFold(path, local); ok {
			_, unc := cutFold(rest, `UNC\`)
			return unc
		}
	}
	_, mup := cutFold(path, `\Device\Mup\`)
	return mup || strings.HasPrefix(path, `\\`)
}

// cutFold is strings.CutPrefix without regard to the case of letters.
func cutFold(s, prefix string) (string, bool) {
	if prefix == "" || len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
