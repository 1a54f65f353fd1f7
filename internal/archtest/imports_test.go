// Package archtest tests who may import whom.
package archtest

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/eljefe/eljefe"

// A rule forbids the packages from to come by the packages to, be it through
// other packages of ours. Patterns are written as for go list, ours without the
// module's name.
type rule struct {
	from   []string
	except []string // of from, those it does not bind
	to     []string
	allow  []string // of to, those that are allowed all the same
	direct bool     // only the import statement itself counts
	why    string
}

// beyondStd stands for every package that is not of the standard library.
const beyondStd = "(not in the standard library)"

var (
	network  = []string{"net", "net/http/...", "net/rpc/...", "net/smtp", "google.golang.org/grpc/..."}
	database = []string{"internal/store/...", "database/sql/...", "github.com/jackc/pgx/v5/...", "github.com/riverqueue/river/..."}
)

func rules() []rule {
	return []rule{
		{
			from: []string{"internal/event/...", "internal/fault/..."}, to: []string{beyondStd},
			why: "everybody imports them: what they import, everybody has",
		},
		{
			from: []string{"internal/event/..."}, to: network,
			why: "events know nothing of transport",
		},
		{
			from: []string{"internal/wire/..."}, to: []string{beyondStd}, allow: []string{"internal/event", "internal/fault"}, direct: true,
			why: "both programs speak the protocol: it is made of events, and of nothing that only one of them has",
		},
		{
			from: []string{"internal/etw/..."}, to: []string{beyondStd}, allow: []string{"internal/event"}, direct: true,
			why: "bytes in, events out: it is tested on any system and linked into both programs",
		},
		{
			from: []string{"internal/pe/...", "internal/elf/..."}, to: []string{beyondStd}, direct: true,
			why: "it reads hostile files on every station: what it is made of is to be seen at a glance",
		},
		{
			from: []string{"internal/detect/..."}, to: []string{beyondStd}, direct: true,
			allow: []string{"internal/event", "internal/fault", "internal/detect/sigma", "internal/detect/regex", "internal/detect/literal", "gopkg.in/yaml.v3"},
			why:   "rules are asked about events within a transaction: all that they are made of is to be seen at a glance",
		},
		{
			from: []string{"internal/pe/...", "internal/elf/...", "internal/disasm/...", "internal/anatomy/...", "internal/etw/...", "internal/evtx/...", "internal/detect/...", "internal/query/..."},
			to:   slices.Concat(network, database),
			why:  "decoders and languages take bytes and give values; network and database are their callers'",
		},
		{
			from: []string{"internal/agent/...", "cmd/eljefe-agent"}, to: slices.Concat(database, []string{"internal/server/..."}),
			why: "the agent carries no database and no server",
		},
		{
			from: []string{"internal/agent/...", "cmd/eljefe-agent"}, to: []string{"internal/installer", "internal/installer/catalogue", "github.com/sassoftware/relic/..."},
			why: "the agent reads the settings that it carries; making and signing clients is the server's",
		},
		{
			from: []string{"internal/agent/...", "cmd/eljefe-agent"}, to: []string{"internal/anatomy/...", "internal/disasm/...", "golang.org/x/arch/..."},
			why: "the agent tells the few facts that stand in an event; taking files to pieces is the server's",
		},
		{
			from: []string{"..."}, except: []string{"cmd/eljefe"}, to: []string{"internal/installer/carried"},
			why: "all agents are in it: the server's own command alone is to be that large, and passes them on",
		},
		{
			from: []string{"internal/server/..."}, to: []string{"internal/agent/..."},
			why: "the server knows agents by the protocol alone",
		},
		{
			from: []string{"internal/fleet/..."}, to: slices.Concat(database, []string{"internal/server/..."}),
			why: "simulated stations come in as agents do, and by no other way",
		},
		{
			from: []string{"internal/fleet/scenario", "internal/fleet/world", "internal/fleet/specimen"}, to: network,
			why: "what happens on a simulated network does not depend on who is told of it",
		},
		{
			from: []string{"internal/store/..."}, to: []string{"internal/server/...", "internal/ingest", "internal/importer"},
			why: "the store is below those that use it",
		},
		{
			from: []string{"..."}, except: []string{"internal/agent/winapi"}, to: []string{"unsafe", "golang.org/x/sys/windows"}, direct: true,
			why: "system calls live in winapi, where they can be reviewed together",
		},
		{
			from: []string{"..."}, except: []string{"internal/store/...", "internal/job/...", "internal/bench", "cmd/..."},
			to: []string{"github.com/jackc/pgx/...", "database/sql/..."}, direct: true,
			why: "only the store has SQL; a benchmark compares with bare COPY",
		},
		{
			from: []string{"cmd/..."}, to: []string{"testing", "internal/store/storetest"},
			why: "tests' helpers stay out of the programs",
		},
	}
}

func TestImports(t *testing.T) {
	imports, err := readImports(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := imports["cmd/eljefe"]; !ok {
		t.Fatalf("cmd/eljefe is not among the packages read: %v", slices.Sorted(maps.Keys(imports)))
	}
	for _, r := range rules() {
		for _, way := range r.violations(imports) {
			t.Errorf("%s\n\t%s", way, r.why)
		}
	}
}

// violations returns, for each import that breaks the rule, the way that leads
// to it.
func (r rule) violations(imports map[string][]string) []string {
	var ways []string
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		if !matches(r.from, from) || matches(r.except, from) {
			continue
		}
		// Breadth first, so the way that is reported is the shortest.
		before := map[string]string{from: ""}
		for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
			p := queue[0]
			for _, to := range imports[p] {
				if _, seen := before[to]; seen {
					continue
				}
				before[to] = p
				if matches(r.to, to) && !matches(r.allow, to) {
					way := to
					for b := p; b != ""; b = before[b] {
						way = b + " imports " + way
					}
					ways = append(ways, way)
				} else if !r.direct {
					queue = append(queue, to)
				}
			}
		}
	}
	return ways
}

// matches tells whether one of the patterns names the package.
func matches(patterns []string, pkg string) bool {
	for _, p := range patterns {
		prefix, deep := strings.CutSuffix(p, "...")
		switch {
		case p == beyondStd:
			if !standard(pkg) {
				return true
			}
		case deep && (strings.HasPrefix(pkg, prefix) || pkg == strings.TrimSuffix(prefix, "/")), p == pkg:
			return true
		}
	}
	return false
}

// standard tells whether a package is of the standard library: its path does not
// begin with a host's name, and it is none of ours.
func standard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".") && first != "internal" && first != "cmd" && first != "e2e"
}

// readImports returns what each package of the module imports, its tests aside,
// on all systems together.
func readImports(root string) (map[string][]string, error) {
	imports := map[string][]string{}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrPermission) {
			return fs.SkipDir // a database's data
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			atTop := filepath.Dir(file) == root && (name == "ui" || name == "data" || name == "bin")
			if file != root && (atTop || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(files, file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		if imports[pkg] == nil {
			imports[pkg] = []string{} // a package without imports is one too
		}
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if own, ok := strings.CutPrefix(name, module+"/"); ok {
				name = path.Clean(own)
			}
			if !slices.Contains(imports[pkg], name) {
				imports[pkg] = append(imports[pkg], name)
			}
		}
		return nil
	})
	return imports, err
}

func TestViolations(t *testing.T) {
	imports := map[string][]string{
		"cmd/agent":      {"internal/agent"},
		"internal/agent": {"internal/wire", "net/http"},
		"internal/wire":  {"internal/event", "internal/store"},
		"internal/event": {"time", "example.org/fast/json"},
		"internal/store": {"github.com/jackc/pgx/v5/pgxpool"},
	}
	tests := []struct {
		name string
		rule rule
		want []string
	}{
		{"through others", rule{from: []string{"cmd/agent"}, to: []string{"internal/store/..."}}, []string{
			"cmd/agent imports internal/agent imports internal/wire imports internal/store",
		}},
		{"direct only", rule{from: []string{"cmd/agent"}, to: []string{"internal/store/..."}, direct: true}, nil},
		{"exception", rule{from: []string{"..."}, except: []string{"internal/store"}, to: []string{"github.com/jackc/pgx/..."}, direct: true}, nil},
		{"beyond the standard library", rule{from: []string{"internal/event/..."}, to: []string{beyondStd}}, []string{
			"internal/event imports example.org/fast/json",
		}},
		{"allowed", rule{from: []string{"internal/wire"}, to: []string{beyondStd}, allow: []string{"internal/event"}, direct: true}, []string{
			"internal/wire imports internal/store",
		}},
		{"a name is not its beginning", rule{from: []string{"cmd/agent"}, to: []string{"internal/ag", "internal/wir/..."}}, nil},
	}
	for _, test := range tests {
		if got := test.rule.violations(imports); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
