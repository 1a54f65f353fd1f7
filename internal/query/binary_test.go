package query

import (
	"errors"
	"testing"
)

func TestParseBinaries(t *testing.T) {
	for _, f := range BinaryFields() {
		if f.Description == "" || len(f.Examples) == 0 {
			t.Errorf("%s: description %q, examples %q", f.Name, f.Description, f.Examples)
		}
		for _, e := range f.Examples {
			if _, err := ParseBinaries(e, noon); err != nil && e != "original_file_name:cmd.exe -name:cmd.exe" {
				t.Errorf("%s: example %s: %v", f.Name, e, err)
			}
		}
	}
	for _, test := range []struct {
		in               string
		position, length int
		suggestion       string
	}{
		{"name:a user:bob", 7, 4, ""},
		{"é -command_line:x", 3, 12, ""},
		{"first_sen:>-1d", 0, 9, "first_seen"},
		{"vendor:x", 0, 6, "company"},
	} {
		_, err := ParseBinaries(test.in, noon)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Position != test.position || e.Length != test.length || e.Suggestion != test.suggestion {
			t.Errorf("ParseBinaries(%q): %+v, want it at %d, %d long, suggesting %q", test.in, err, test.position, test.length, test.suggestion)
		}
	}
	if _, err := Parse("first_seen:>-1d", noon); err == nil {
		t.Error("events have no first_seen, but it is taken")
	}
}

func TestSpellOut(t *testing.T) {
	q, err := ParseBinaries("-(acme runs:1) OR x*y", noon)
	if err != nil {
		t.Fatal(err)
	}
	const want = `-((image:*acme* OR original_file_name:*acme* OR description:*acme* OR product:*acme* OR company:*acme* OR signer:*acme*) runs:1)` +
		` OR (image:x*y OR original_file_name:x*y OR description:x*y OR product:x*y OR company:x*y OR signer:x*y)`
	if got := Format(SpellOut(q.Root)); got != want {
		t.Errorf("spelled out it is\n%s\nwant\n%s", got, want)
	}
	if SpellOut(nil) != nil {
		t.Error("nothing, spelled out, is something")
	}
}
