package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const mib = 1 << 20

// configure writes postgresql.conf and pg_hba.conf. They are outside of the data
// directory: the database's account reads them and cannot change them.
func (c *Cluster) configure() error {
	access, listen := c.address.access(), c.address.settings()
	hba := filepath.Join(c.dir, "pg_hba.conf")
	listen["hba_file"] = hba
	text := configuration(tuning(memory(os.DirFS("/"))), listen, c.settings)
	if err := replaceFile(filepath.Join(c.dir, "postgresql.conf"), text, 0o644); err != nil {
		return fmt.Errorf("configure the database: %w", err)
	}
	if err := replaceFile(hba, "# Written by eljefe at every start.\n"+access+"\n", 0o644); err != nil {
		return fmt.Errorf("configure the database: %w", err)
	}
	local := filepath.Join(c.dir, "local.conf")
	if _, err := os.Stat(local); errors.Is(err, fs.ErrNotExist) {
		if err := replaceFile(local, "# Your own settings for the database, which win over those in postgresql.conf.\n", 0o644); err != nil {
			return fmt.Errorf("configure the database: %w", err)
		}
	}
	return c.address.remember(c.dir)
}

// tuning returns the settings for a machine with so much memory, of which most
// is left to the agents' data in the page cache and to the server beside us.
func tuning(memory int64) map[string]string {
	buffers := min(max(memory/8, 64*mib), 512*mib)
	size := func(n int64) string { return strconv.FormatInt(n/mib, 10) + "MB" }
	return map[string]string{
		"shared_buffers":       size(buffers),
		"effective_cache_size": size(max(memory/2, 128*mib)),
		"maintenance_work_mem": size(buffers / 2), // trigram indexes of closed days
		"work_mem":             "16MB",
		"max_connections":      "100",
		// A search over a year locks every day's tables and their indexes.
		"max_locks_per_transaction": "256",
		"max_wal_size":              "4GB",
		"checkpoint_timeout":        "15min",
		// Not every build has lz4; a server told to use it would not start.
		"wal_compression": "on",
		// Compiling a search over many partitions takes longer than the search.
		"jit":              "off",
		"random_page_cost": "1.1",
		"timezone":         "UTC",
		"log_timezone":     "UTC",
		"log_line_prefix":  "%m [%p] ",
		"log_checkpoints":  "off",
	}
}

// configuration is the text of postgresql.conf. Of two lines for one setting the
// later wins: what administrators want beats our tuning, and nothing beats the
// lines on where to listen but the caller's own.
func configuration(tuning, listen, given map[string]string) string {
	var b bytes.Buffer
	b.WriteString("# Written by eljefe at every start; your own settings belong into local.conf.\n")
	section := func(settings map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			fmt.Fprintf(&b, "%s = %s\n", name, quote(settings[name]))
		}
	}
	section(tuning)
	b.WriteString("include = 'local.conf'\n")
	section(listen)
	section(given)
	return b.String()
}

// quote makes a string of PostgreSQL's configuration language.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\n", `\n`, "\r", `\r`).Replace(s) + "'"
}

// memory returns the bytes that this machine or container may use, reading
// root's proc and sys, and a guess where they say nothing.
func memory(root fs.FS) int64 {
	total := int64(1024 * mib)
	if text, err := fs.ReadFile(root, "proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			var kib int64
			if n, _ := fmt.Sscanf(line, "MemTotal: %d kB", &kib); n == 1 {
				total = kib << 10
			}
		}
	}
	for _, name := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			continue
		}
		// "max" means no limit, as does a number beyond the machine's memory.
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
			total = min(total, limit)
		}
	}
	return total
}

// replaceFile writes a file that is never seen half written.
func replaceFile(path, text string, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = giveToOwner(f)
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
