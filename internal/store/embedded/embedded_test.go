package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

func TestPick(t *testing.T) {
	at := func(version string, major, minor int) binaries {
		return binaries{dir: "/pg/" + version, version: version, major: major, minor: minor}
	}
	v9, v15, v154, v17, v18 := at("9.6", 9, 6), at("15.20", 15, 20), at("15.4", 15, 4), at("17.2", 17, 2), at("18beta1", 18, 0)
	tests := []struct {
		name  string
		found []binaries
		made  int
		want  string   // version
		errs  []string // what the refusal says
	}{
		{name: "the newest for new data", found: []binaries{v15, v18, v17}, want: "18beta1"},
		{name: "the newest minor version", found: []binaries{v154, v15}, want: "15.20"},
		{name: "the same major for old data", found: []binaries{v18, v15, v17}, made: 15, want: "15.20"},
		{name: "none", errs: []string{"no PostgreSQL server is installed", "package postgresql (Debian", "postgresql-server", "--database-url"}},
		{name: "none for old data", made: 16, errs: []string{"made by PostgreSQL 16", "no PostgreSQL server is installed", "postgresql-16"}},
		{name: "only an old one", found: []binaries{v9}, errs: []string{"needs PostgreSQL 15 or later", "9.6 in /pg/9.6"}},
		{
			name: "another major", found: []binaries{v15, v17}, made: 16,
			errs: []string{"made by PostgreSQL 16", "17.2 in /pg/17.2, 15.20 in /pg/15.20", "postgresql-16", "pg_upgrade", "pg_dump"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := pick(test.found, "/var/lib/eljefe/db/data", test.made)
			if got.version != test.want {
				t.Errorf("picked %q, want %q", got.version, test.want)
			}
			if (err != nil) != (test.errs != nil) {
				t.Fatalf("error %v, want one: %t", err, test.errs != nil)
			}
			for _, want := range test.errs {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want it to say %q", err, want)
				}
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	tests := []struct {
		text, version string
		major, minor  int
	}{
		{"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", "15.20", 15, 20},
		{"postgres (PostgreSQL) 18.0\n", "18.0", 18, 0},
		{"postgres (PostgreSQL) 19beta1\n", "19beta1", 19, 0},
		{"postgres (PostgreSQL) 20devel\n", "20devel", 20, 0},
		{"postgres (PostgreSQL) 9.6.24\n", "9.6", 9, 6},
	}
	for _, test := range tests {
		version, major, minor, err := parseVersion(test.text)
		if err != nil || version != test.version || major != test.major || minor != test.minor {
			t.Errorf("parseVersion(%q) = %q, %d, %d, %v; want %q, %d, %d", test.text, version, major, minor, err, test.version, test.major, test.minor)
		}
	}
	if _, _, _, err := parseVersion("usage: postgres"); err == nil {
		t.Error("parseVersion took a text without a version")
	}
}

func TestMemory(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	machine := file("MemTotal:       16384000 kB\nMemFree:         100 kB\n")
	tests := []struct {
		name string
		fs   fstest.MapFS
		want int64
	}{
		{"nothing known", fstest.MapFS{}, 1024 * mib},
		{"machine", fstest.MapFS{"proc/meminfo": machine}, 16000 * mib},
		{"container", fstest.MapFS{"proc/meminfo": machine, "sys/fs/cgroup/memory.max": file("536870912\n")}, 512 * mib},
		{"container without limit", fstest.MapFS{"proc/meminfo": machine, "sys/fs/cgroup/memory.max": file("max\n")}, 16000 * mib},
		{"older container", fstest.MapFS{"proc/meminfo": machine, "sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 16000 * mib},
	}
	for _, test := range tests {
		if got := memory(test.fs); got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
}

func TestTuning(t *testing.T) {
	for memory, want := range map[int64]string{256 * mib: "64MB", 2048 * mib: "256MB", 65536 * mib: "512MB"} {
		if got := tuning(memory)["shared_buffers"]; got != want {
			t.Errorf("shared_buffers with %d MiB of memory: %s, want %s", memory/mib, got, want)
		}
	}
}

func TestConfigurationOrder(t *testing.T) {
	text := configuration(map[string]string{"jit": "off"}, map[string]string{"hba_file": `/o'brien\pg_hba.conf`}, map[string]string{"fsync": "off"})
	want := []string{"jit = 'off'", "include = 'local.conf'", `hba_file = '/o''brien\\pg_hba.conf'`, "fsync = 'off'"}
	if got := strings.Split(strings.TrimSpace(text), "\n")[1:]; !slices.Equal(got, want) {
		t.Errorf("configuration:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAddress(t *testing.T) {
	t.Setenv("PGHOST", "elsewhere.example")
	t.Setenv("PGPORT", "1")
	t.Setenv("PGUSER", "other")
	t.Setenv("PGPASSWORD", "other")
	t.Setenv("PGSSLMODE", "require")
	for _, a := range []address{
		{host: "/var/lib/el jefe/ñ&?/run", port: 5432},
		{host: "127.0.0.1", port: 49152, password: "p:a/s@s"},
	} {
		cfg, err := pgx.ParseConfig(a.url("eljefe"))
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Host != a.host || int(cfg.Port) != a.port || cfg.User != superuser || cfg.Database != "eljefe" || cfg.TLSConfig != nil || len(cfg.Fallbacks) != 0 {
			t.Errorf("%s is read as host %q, port %d, user %q, database %q", a.url("eljefe"), cfg.Host, cfg.Port, cfg.User, cfg.Database)
		}
		dir := t.TempDir()
		if err := a.remember(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := readAddress(dir); err != nil || got.host != a.host || got.port != a.port || a.password != "" && got.password != a.password {
			t.Errorf("remembered %+v, read %+v, %v", a, got, err)
		}
		a.forget(dir)
		if _, err := readAddress(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after forget: %v, want no file", err)
		}
	}
}

func TestLogStaysWithinItsLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postgres.log")
	l, err := openLog(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 30 {
		if n, err := l.Write([]byte("123456789\n")); n != 10 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	for _, p := range []string{path, path + ".1"} {
		info, err := os.Stat(p)
		if err != nil || info.Size() == 0 || info.Size() > 100 {
			t.Errorf("%s: %v, %v; want 1 to 100 bytes", filepath.Base(p), info, err)
		}
	}
	_, _ = l.Write([]byte("last\nwords\n"))
	if got := l.last(2); got != "last\nwords" {
		t.Errorf("last lines %q", got)
	}
	l.forget()
	if got := l.last(2); got != "" {
		t.Errorf("after forget: %q", got)
	}
}

func TestDataThatIsNoDatabase(t *testing.T) {
	dir := t.TempDir()
	if made, err := dataMajor(dir); made != 0 || err != nil {
		t.Errorf("empty folder: %d, %v; want a new database", made, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thesis.doc"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := dataMajor(dir)
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Invalid || !strings.Contains(e.Message, "not empty") {
		t.Errorf("folder with a stranger's file: %v; want a refusal", err)
	}
}
