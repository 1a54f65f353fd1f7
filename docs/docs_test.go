// Package docs holds what is written about El Jefe. Its tests keep the documents
// equal to the code: tables that are made from it, names, examples and links.
//
//	go test ./docs -update
//
// writes filter-fields.md and event-fields.md anew.
package docs

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/query"
)

var update = flag.Bool("update", false, "write the generated documents anew")

// TestGenerated compares the generated documents with the code.
func TestGenerated(t *testing.T) {
	for name, want := range map[string]string{
		"filter-fields.md": filterFields(),
		"event-fields.md":  eventFields(t),
	} {
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the code says; run: go test ./docs -update", name)
		}
	}
}

const generated = "<!-- Made from the code by: go test ./docs -update -->\n\n"

// filterFields is the table of fields of the filter language.
func filterFields() string {
	var b strings.Builder
	b.WriteString("# The fields of the filter language\n\n" + generated +
		"The language itself is described in [filter.md](filter.md). A field may be written by its name or by its\n" +
		"name in Sigma, in any case. *Compares* says which fields take `>`, `>=`, `<`, `<=`, `!=` and ranges `a..b`.\n\n" +
		"| field | in Sigma | type | compares | meaning | examples |\n|---|---|---|---|---|---|\n")
	writeFields(&b, query.Fields())
	b.WriteString("\n## The fields of binaries\n\n" +
		"The list of binaries takes these only. `name` and `image` hold if they do for one of the places where the binary lay. Bare\n" +
		"words are looked for in those places, and in the original file name, description, product, company and signer.\n\n" +
		"| field | in Sigma | type | compares | meaning | examples |\n|---|---|---|---|---|---|\n")
	writeFields(&b, query.BinaryFields())
	b.WriteString("\n## The fields of USB devices\n\n" +
		"The lists of devices and of their records take these only. In the list of devices, what is said of a station, a volume or a record\n" +
		"holds if it does for one of those that the device had. Bare words are looked for in `vendor_name`, `product_name`, `serial` and\n" +
		"`volume_label`.\n\n" +
		"| field | in Sigma | type | compares | meaning | examples |\n|---|---|---|---|---|---|\n")
	writeFields(&b, query.DeviceFields())
	return b.String()
}

func writeFields(b *strings.Builder, fields []*query.Field) {
	for _, f := range fields {
		kind := string(f.Type)
		if f.Match != "" {
			kind += ", " + string(f.Match)
		}
		meaning := f.Description
		if f.Values != nil {
			meaning += " One of " + codeList(f.Values, ", ") + "."
		}
		if f.Alias != "" {
			meaning += " Also written " + code(f.Alias) + "."
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", code(f.Name), code(f.Sigma), kind, compares(f), cell(meaning), codeList(f.Examples, "<br>"))
	}
}

func compares(f *query.Field) string {
	switch f.Type {
	case query.Number, query.Size, query.Duration, query.Time:
		return "yes"
	}
	if f.Ordered {
		return "yes"
	}
	return ""
}

// eventFields is the table of the members of event.Process in JSON, made from
// its source.
func eventFields(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/event/event.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	structs := map[string]*ast.StructType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	var b strings.Builder
	b.WriteString("# The members of an event\n\n" + generated +
		"An event as El Jefe writes and reads it: one JSON object on a line. [import.md](import.md) says what is needed\n" +
		"and how much is taken. The *note* is the comment in the source.\n\n" +
		"| member | type | meaning | note |\n|---|---|---|---|\n")
	var write func(s *ast.StructType)
	write = func(s *ast.StructType) {
		for _, f := range s.Fields.List {
			if len(f.Names) == 0 { // embedded
				if star, ok := f.Type.(*ast.StarExpr); ok {
					write(structs[star.X.(*ast.Ident).Name])
				}
				continue
			}
			name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			meaning := ""
			if q, ok := query.FieldByName(name); ok && q.Name == name {
				meaning = onlyFilter.ReplaceAllString(q.Description, ".")
				if q.Values != nil {
					meaning += " One of " + codeList(q.Values, ", ") + "."
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(name), jsonType(f.Type), cell(meaning), cell(strings.TrimSpace(f.Comment.Text())))
		}
	}
	write(structs["Process"])
	return b.String()
}

// onlyFilter finds what a field's description says about the language only.
var onlyFilter = regexp.MustCompile(`(; a (value|bare number) |, or (its|the) beginning)[^.]*\.$`)

// jsonType says what a Go type is in JSON.
func jsonType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return jsonType(e.X)
	case *ast.SelectorExpr:
		return "time" // time.Time is the only one
	case *ast.Ident:
		switch {
		case e.Name == "bool":
			return "boolean"
		case strings.HasPrefix(e.Name, "uint"), e.Name == "float64":
			return "number"
		case strings.HasSuffix(e.Name, "Set"): // of privileges, of capabilities
			return "list of texts"
		}
	}
	return "text"
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

func codeList(list []string, separator string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = code(s)
	}
	return strings.Join(quoted, separator)
}

// cell makes s fit into a cell of a table.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\n", " "), "|", `\|`) }

// documents returns all documents by their path from the repository's root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"../*.md", "*.md", "decisions/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(text)
		}
	}
	return found
}

// TestFilters parses every line of the blocks that are marked as filters, and
// the answers in tables of questions.
func TestFilters(t *testing.T) {
	block := regexp.MustCompile("(?s)```filter\n(.*?)```")
	answer := regexp.MustCompile("(?m)^\\| [^|]*\\? \\| `(.*)` \\|$")
	parsed := 0
	for path, text := range documents(t) {
		var filters []string
		for _, m := range block.FindAllStringSubmatch(text, -1) {
			filters = append(filters, strings.Split(strings.TrimSpace(m[1]), "\n")...)
		}
		for _, m := range answer.FindAllStringSubmatch(text, -1) {
			filters = append(filters, m[1])
		}
		for _, f := range filters {
			if _, err := query.Parse(f, time.Now()); err != nil {
				t.Errorf("%s: filter %s: %v", path, f, err)
			}
		}
		parsed += len(filters)
	}
	if parsed < 20 {
		t.Errorf("%d filters were found in the documents; want them all", parsed)
	}
}

// TestSchema holds that schema.md speaks of every table and index.
func TestSchema(t *testing.T) {
	schema, err := os.ReadFile("schema.md")
	if err != nil {
		t.Fatal(err)
	}
	migrations, err := filepath.Glob("../internal/store/migrations/*.sql")
	if err != nil || len(migrations) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	made := regexp.MustCompile(`(?m)^(CREATE|DROP) (?:TABLE|INDEX|UNIQUE INDEX) (\w+)`)
	by := map[string]string{} // what is there in the end, and the migration that made it
	for _, path := range migrations {
		sql, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(sql), -1) {
			if by[m[2]] = filepath.Base(path); m[1] == "DROP" {
				delete(by, m[2])
			}
		}
	}
	for name, path := range by {
		if !strings.Contains(string(schema), "`"+name+"`") {
			t.Errorf("schema.md does not speak of %s, which %s makes", name, path)
		}
	}
}

// TestLinks follows the links from one document to another file.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	for path, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := m[1]
			if strings.Contains(target, "://") || strings.HasSuffix(target, ".png") { // pictures are taken at a release
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s: %v", path, target, err)
			}
		}
	}
}
