package agentapi

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// TestDocument holds that docs/protocol.md speaks of every request, code and verb.
func TestDocument(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, r := range (&API{}).routes() {
		if want := "| `" + r.method + " " + r.path + "` |"; !strings.Contains(text, want) {
			t.Errorf("protocol.md does not list %s", want)
		}
	}
	for _, v := range wire.Verbs() {
		if !strings.Contains(text, "`"+string(v)+"`") {
			t.Errorf("protocol.md does not name the verb %s", v)
		}
	}
	var figures []string
	for f := range reflect.TypeFor[event.Statistics]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		figures = append(figures, "`"+name+"`")
	}
	if want := strings.Join(figures, ", "); !strings.Contains(strings.ReplaceAll(text, "\n", " "), want) {
		t.Errorf("protocol.md does not give the order of a list of statistics: %s", want)
	}
	source, err := os.ReadFile(filepath.Join("..", "..", "wire", "wire.go"))
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`(?m)^\tCode\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(codes) < 10 {
		t.Fatalf("%d codes were found in wire.go; want them all", len(codes))
	}
	for _, c := range append(codes, []string{"", codeInternal}, []string{"", codeUnknown}) {
		if !strings.Contains(text, "| `"+c[1]+"` |") {
			t.Errorf("protocol.md does not list the code %s", c[1])
		}
	}
}
