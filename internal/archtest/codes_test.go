package archtest

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/query"
)

// shown are the folders whose errors and texts a person can come to see on the page.
var shown = []string{
	"internal/blob", "internal/evtx", "internal/importer", "internal/ingest", "internal/installer", "internal/installer/catalogue", "internal/installer/tag",
	"internal/query", "internal/recording", "internal/rollout", "internal/server", "internal/server/api", "internal/server/auth", "internal/store", "internal/store/embedded",
}

// unseen are files of these, and functions of files, whose errors nobody sees on the page.
var unseen = map[string]string{
	"internal/blob/part.go":                                 "agents are told",
	"internal/blob/file.go Finish":                          "agents are told",
	"internal/blob/file.go verify":                          "agents are told",
	"internal/installer/catalogue/signed.go":                "the command line is told",
	"internal/installer/essence.go":                         "the command line is told",
	"internal/installer/prepare.go":                         "the command line is told",
	"internal/installer/sign.go":                            "the command line is told",
	"internal/installer/tag/config.go CheckKey":             "agents say it",
	"internal/rollout/rollout.go Piece":                     "agents are told",
	"internal/server/server.go":                             "it cannot start",
	"internal/store/migrate.go":                             "it cannot start",
	"internal/store/store.go Open":                          "it cannot start",
	"internal/store/store.go checkServer":                   "it cannot start",
	"internal/store/enrolment.go":                           "agents are told",
	"internal/store/greet.go":                               "agents are told",
	"internal/store/stream.go":                              "agents are told",
	"internal/store/certificate.go":                         "agents are told",
	"internal/store/task.go ReportTask":                     "agents are told",
	"internal/store/task.go taskIsOver":                     "agents are told",
	"internal/store/task.go TaskReceived":                   "agents are told",
	"internal/store/update_station.go offerUpdate":          "agents are told",
	"internal/store/update_station.go NoteUpdate":           "agents are told",
	"internal/store/embedded/account_unix.go":               "it cannot start",
	"internal/store/embedded/binaries.go":                   "it cannot start",
	"internal/store/embedded/files_unix.go":                 "it cannot start",
	"internal/store/embedded/embedded.go Attach":            "it cannot start",
	"internal/store/embedded/embedded.go dataMajor":         "it cannot start",
	"internal/store/embedded/embedded.go acquire":           "it cannot start",
	"internal/store/embedded/supervise.go awaitPredecessor": "it cannot start",
}

// coded are the functions that make what a person sees. Each call is followed by
// one of Coded, which gives it a code.
var coded = []string{"New", "Wrap", "Invalidf", "NotFoundf", "Sayf"}

// Whatever the server says to people has a code, and each code has a text in
// every language of the page.
func TestCodesHaveTexts(t *testing.T) {
	root := filepath.Join("..", "..")
	codes := readCodes(t, root)
	for _, least := range []string{"filter_no_field", "import_not_a_log", "no_station", "database_away", "member_missing"} {
		if _, ok := codes[least]; !ok {
			t.Fatalf("%s is not among the codes: they are not read as they are written", least)
		}
	}
	for _, language := range []string{"en", "es"} {
		file := filepath.Join(root, "ui", "src", "app", "i18n", "areas", "problems."+language+".ts")
		texts := readTexts(t, file)
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			if !texts[code] {
				t.Errorf("%s: the code %q has no text in %s: add 'problem.%s'", codes[code], code, filepath.Base(file), code)
			}
		}
		for _, code := range slices.Sorted(maps.Keys(texts)) {
			if _, ok := codes[code]; !ok {
				t.Errorf("%s: no problem has the code %q any more", filepath.Base(file), code)
			}
		}
	}
}

// Each field of a filter is explained in Spanish too; the English is in the code.
func TestFieldsHaveTexts(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "ui", "src", "app", "i18n", "areas", "fieldHelp.es.ts"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  '?([\w.]+)'?:`).FindAllSubmatch(raw, -1) {
		texts[string(m[1])] = true
	}
	for of, fields := range map[string][]*query.Field{"": query.Fields(), "binaries": query.BinaryFields(), "devices": query.DeviceFields()} {
		for _, f := range fields {
			// What a field of devices means, one of events of that name does not say.
			if !texts[of+"."+f.Name] && (of == "devices" || !texts[f.Name]) {
				t.Errorf("the field %s of %s is not explained in fieldHelp.es.ts: %s", f.Name, cmp.Or(of, "events"), f.Description)
			}
		}
	}
}

// readTexts returns the codes that a file of texts has.
func readTexts(t *testing.T, file string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  'problem\.(\w+)':`).FindAllSubmatch(raw, -1) {
		texts[string(m[1])] = true
	}
	return texts
}

// readCodes returns where each code is given, and complains of errors without one.
func readCodes(t *testing.T, root string) map[string]string {
	t.Helper()
	codes := map[string]string{}
	files := token.NewFileSet()
	for _, folder := range shown {
		list, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil || len(list) == 0 {
			t.Fatalf("%s has no files, %v", folder, err)
		}
		for _, path := range list {
			name := folder + "/" + filepath.Base(path)
			if strings.HasSuffix(path, "_test.go") || unseen[name] != "" {
				continue
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && unseen[name+" "+f.Name.Name] != "" {
					continue
				}
				scanCodes(t, files, d, codes)
			}
		}
	}
	return codes
}

// bare are words that are codes wherever they stand as a text of their own: in
// tables, and as arguments.
var bare = regexp.MustCompile(`^(filter|member|request|damage)_[a-z0-9_]+$`)

func scanCodes(t *testing.T, files *token.FileSet, decl ast.Decl, codes map[string]string) {
	t.Helper()
	named := map[ast.Node]bool{} // calls that Coded follows
	ast.Inspect(decl, func(n ast.Node) bool {
		if text, ok := literal(n); ok && bare.MatchString(text) {
			codes[text] = files.Position(n.Pos()).String()
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		where := files.Position(call.Pos()).String()
		switch method, on := selector(call.Fun); {
		case method == "Coded" || method == "coded":
			made, isCall := on.(*ast.CallExpr)
			named[made] = isCall
			code, ok := literal(call.Args[0])
			if !ok {
				break // a code that is chosen: one of those that stand in tables
			}
			codes[code] = where
			if isCall {
				checkNames(t, where, made, call)
			}
		case isMaker(method, on) && !named[call]:
			t.Errorf("%s: this can be seen on the page, and has no code: add .Coded(...), and its text to ui/src/app/i18n/areas/problems.*.ts", where)
		}
		return true
	})
}

// checkNames makes sure that each value of a message has a name.
func checkNames(t *testing.T, where string, made, call *ast.CallExpr) {
	t.Helper()
	method, _ := selector(made.Fun)
	before := map[string]int{"New": 2, "Wrap": 3, "Invalidf": 1, "NotFoundf": 1, "Sayf": 1, "": 2}[method]
	values := len(made.Args) - before
	if names := len(call.Args) - 1; names > 0 && names != values {
		t.Errorf("%s: the message has %d values, and %d have names", where, values, names)
	}
}

// isMaker tells whether a function called method of the package on makes what a person sees.
func isMaker(method string, on ast.Expr) bool {
	pkg, ok := on.(*ast.Ident)
	return ok && pkg.Name == "fault" && slices.Contains(coded, method)
}

func selector(fun ast.Expr) (method string, on ast.Expr) {
	s, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return "", nil
	}
	return s.Sel.Name, s.X
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
