//go:build linux

package e2e

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The packages' own tests of what they ask Windows for.
func TestWinePackages(t *testing.T) {
	w := wineHere(t)
	w.up(t)
	var folders, tests []string
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(filepath.Join("..", "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_windows_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		folders = append(folders, filepath.Dir(path))
		for _, found := range name.FindAllStringSubmatch(string(raw), -1) {
			tests = append(tests, found[1])
		}
		return err
	})
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests for Windows were found: %v", err)
	}
	slices.Sort(folders)
	ctx, cancel := context.WithTimeout(context.Background(), wineStep)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", slices.Concat(
		[]string{"test", "-short", "-vet=off", "-exec", w.loader, "-run", "^(" + strings.Join(tests, "|") + ")$"}, slices.Compact(folders))...)
	// Wine gets what it needs, and Go the home with its cache.
	cmd.Env = slices.Concat(os.Environ(), w.env, []string{"HOME=" + os.Getenv("HOME"), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"})
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
