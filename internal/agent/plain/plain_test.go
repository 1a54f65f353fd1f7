package plain

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// constants returns the values of the constants of a type in a Go file.
func constants(t *testing.T, file, of string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != of {
			return true
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, text)
		}
		return true
	})
	if len(list) == 0 {
		t.Fatalf("%s has no constants of the type %s: they are not written as they are read", file, of)
	}
	return list
}

func language(t *testing.T, name string) *Language {
	t.Helper()
	l, err := In(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each text is there in each language, with the same values, and is used.
func TestTexts(t *testing.T) {
	want := constants(t, "plain.go", "Key")
	for _, reason := range constants(t, "../uplink/reason.go", "Reason") {
		want = append(want, string(Why(reason)))
	}
	slices.Sort(want)
	english := language(t, "en")
	values := regexp.MustCompile(`\{\w+\}`)
	sorted := func(text string) []string {
		return slices.Compact(slices.Sorted(slices.Values(values.FindAllString(text, -1))))
	}
	for _, name := range Names() {
		l := language(t, name)
		var got []string
		for _, key := range slices.Sorted(maps.Keys(l.texts)) {
			got = append(got, string(key))
			if a, b := sorted(l.texts[key]), sorted(english.texts[key]); !slices.Equal(a, b) {
				t.Errorf("%s, %s: the values are %q; in English they are %q", name, key, a, b)
			}
			if strings.TrimSpace(l.texts[key]) == "" || strings.Contains(l.texts[key], "!") {
				t.Errorf("%s, %s: the text is %q", name, key, l.texts[key])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the texts\n%q; want\n%q", name, got, want)
		}
	}
}

func TestIn(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  string
	}{{nil, "en"}, {[]string{""}, "en"}, {[]string{"es-MX", "en-US"}, "es"}, {[]string{"pt-BR", "ES"}, "es"}, {[]string{"fr-FR"}, "en"}, {[]string{"est"}, "en"}} {
		l, err := In(test.names...)
		if err != nil || l.Name() != test.want {
			t.Errorf("%q: got %v, %v; want %s", test.names, l, err, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("settings: %w", &Error{Key: Expired, Values: []string{"date", "2026-12-01"}, Err: cause})
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "expired on 2026-12-01") {
		t.Errorf("in English it says %v", err)
	}
	l := language(t, "es")
	if got := l.Error(err); !strings.Contains(got, "caducó el 2026-12-01") {
		t.Errorf("in Spanish it says %s", got)
	}
	if got, want := l.Error(cause), "No se pudo instalar el agente de El Jefe: cause"; got != want {
		t.Errorf("of another error it says %q; want %q", got, want)
	}
	if got := l.Text("nothing", "a", "b"); !strings.Contains(got, "b") {
		t.Errorf("without a text it says %q", got)
	}
	// A value is not looked into for values.
	if got := l.Text(Failed, "error", "{error} {log}"); !strings.Contains(got, "{error} {log}") {
		t.Errorf("it says %q", got)
	}
}
