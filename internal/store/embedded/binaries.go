package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

// binaries are the programs of one PostgreSQL installation.
type binaries struct {
	dir     string
	version string // as PostgreSQL writes it: 15.20
	major   int
	minor   int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program+exe) }

// choose returns the installation to use for data, which PostgreSQL made wrote,
// or which is yet to be written if made is 0. A binDir that is given is used or
// refused; nothing else is tried.
func choose(ctx context.Context, binDir, data string, made int) (binaries, error) {
	dirs := candidates()
	if binDir != "" {
		dirs = []string{binDir}
	}
	found := installations(ctx, dirs)
	if ctx.Err() != nil {
		return binaries{}, fmt.Errorf("look for PostgreSQL: %w", context.Cause(ctx))
	}
	if binDir != "" && len(found) == 0 {
		return binaries{}, fault.Invalidf("%s holds no PostgreSQL server: initdb and postgres are expected there", binDir)
	}
	return pick(found, data, made)
}

// pick returns the newest of the installations that can serve the data.
func pick(found []binaries, data string, made int) (binaries, error) {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b binaries) int {
		return cmp.Or(cmp.Compare(b.major, a.major), cmp.Compare(b.minor, a.minor))
	})
	for _, b := range found {
		if b.major == made || made == 0 && b.major >= MinMajor {
			return b, nil
		}
	}
	var have []string
	for _, b := range found {
		have = append(have, b.version+" in "+b.dir)
	}
	list := strings.Join(have, ", ")
	switch {
	case made != 0 && list == "":
		return binaries{}, fault.Invalidf("the database in %s was made by PostgreSQL %d, and no PostgreSQL server is installed; "+
			"install the package postgresql-%[2]d (Debian, Ubuntu) or postgresql%[2]d-server (RHEL, Fedora)", data, made)
	case made != 0:
		return binaries{}, fault.Invalidf("the database in %s was made by PostgreSQL %d, which is not installed (found: %s); "+
			"install the package postgresql-%[2]d, or bring the data to the newer version with pg_upgrade, "+
			"or start with an empty data directory and restore a dump made with pg_dump", data, made, list)
	case list != "":
		return binaries{}, fault.Invalidf("El Jefe needs PostgreSQL %d or later (found: %s); %s", MinMajor, list, howToInstall)
	}
	return binaries{}, fault.Invalidf("no PostgreSQL server is installed; %s", howToInstall)
}

const howToInstall = "install the package postgresql (Debian, Ubuntu) or postgresql-server and postgresql-contrib (RHEL, Fedora), " +
	"or name a database with --database-url"

// candidates are the folders where a server may be; not all of them exist.
func candidates() []string {
	var dirs []string
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(self), "pg", "bin")) // shipped in our archive
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, pattern := range usualPlaces() {
		if m, err := filepath.Glob(pattern); err == nil {
			dirs = append(dirs, m...)
		}
	}
	return dirs
}

// installations returns what can be run of the servers in dirs. A program on the
// PATH is often a link that stands alone, so what counts is whether initdb is
// beside the program that the link leads to.
func installations(ctx context.Context, dirs []string) []binaries {
	var found []binaries
	for _, dir := range dirs {
		server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"+exe))
		if err != nil {
			continue
		}
		b := binaries{dir: filepath.Dir(server)}
		same := func(f binaries) bool { return f.dir == b.dir }
		if _, err := os.Stat(b.path("initdb")); err != nil || slices.ContainsFunc(found, same) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		out, err := exec.CommandContext(ctx, server, "--version").Output()
		cancel()
		if err != nil {
			continue
		}
		if b.version, b.major, b.minor, err = parseVersion(string(out)); err == nil {
			found = append(found, b)
		}
	}
	return found
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)(?:\.(\d+)|[a-z]+\d*)?)`)

// parseVersion reads what postgres --version prints, such as
// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" or "... 19beta1".
func parseVersion(s string) (version string, major, minor int, err error) {
	m := versionPattern.FindStringSubmatch(s)
	if m == nil {
		return "", 0, 0, fmt.Errorf("no PostgreSQL version in %q", s)
	}
	if major, err = strconv.Atoi(m[2]); err != nil {
		return "", 0, 0, err
	}
	if m[3] != "" {
		minor, err = strconv.Atoi(m[3])
	}
	return m[1], major, minor, err
}
