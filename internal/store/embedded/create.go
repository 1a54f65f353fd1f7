package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// create makes an empty cluster. It grows in a folder of its own that gets its
// name when it is complete, so whoever is killed meanwhile leaves nothing that
// looks like a cluster.
func (c *Cluster) create(ctx context.Context) error {
	began := time.Now()
	leftovers, err := filepath.Glob(filepath.Join(globEscape(c.dir), "initdb-*"))
	if err != nil {
		return fmt.Errorf("look for an unfinished database: %w", err)
	}
	for _, l := range leftovers {
		if err := os.RemoveAll(l); err != nil {
			return fmt.Errorf("remove an unfinished database: %w", err)
		}
	}
	growing, err := os.MkdirTemp(c.dir, "initdb-")
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	if err := c.account.own(growing); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	args := []string{
		"--pgdata=" + growing, "--username=" + superuser, "--encoding=UTF8", "--no-locale",
		"--data-checksums", "--no-instructions",
	}
	auth, err := c.account.authentication(c.dir)
	if err != nil {
		return err
	}
	cmd := c.account.command(ctx, c.dir, c.bin.path("initdb"), append(args, auth...)...)
	if out, err := runTied(cmd); err != nil {
		_ = os.RemoveAll(growing)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("create the database with initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	// Rename replaces no folder everywhere, not even an empty one.
	if err := os.Remove(c.data()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("create the database: %w", err)
	}
	if err := os.Rename(growing, c.data()); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	if err := syncDir(c.dir); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	c.log.Info("database created", "dir", c.dir, "version", c.bin.version, "dur", time.Since(began).Round(time.Millisecond))
	return nil
}

// globEscape makes a pattern that matches path and nothing else.
func globEscape(path string) string {
	if os.PathSeparator == '\\' {
		return path // there is no escaping where backslash separates
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
