//go:build unix

package store_test

import (
	"errors"
	"testing"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// Each file is given to one examiner, and once more to a newer one.
func TestClaimUnexamined(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	pool := storetest.Connect(t, url)
	ctx := t.Context()
	claim := func(version int) byte {
		t.Helper()
		f, err := s.ClaimUnexamined(ctx, version)
		if err != nil {
			t.Fatal(err)
		}
		if f == nil {
			return 0
		}
		if f.Bytes != int64(f.SHA256[0]) {
			t.Errorf("file %d has %d bytes", f.SHA256[0], f.Bytes)
		}
		return f.SHA256[0]
	}
	later := func(span string) {
		t.Helper()
		if _, err := pool.Exec(ctx, `UPDATE binary_facts SET claimed = claimed - $1::interval`, span); err != nil {
			t.Fatal(err)
		}
	}
	if got := claim(1); got != 0 {
		t.Errorf("of no files, %d was claimed", got)
	}
	for n := byte(1); n <= 2; n++ {
		if err := s.AddStoredFile(ctx, store.StoredFile{SHA256: [32]byte{n}, Bytes: int64(n)}); err != nil {
			t.Fatal(err)
		}
	}
	pending := func(n byte, code string) {
		t.Helper()
		sum := [32]byte{n}
		_, err := s.BinaryFacts(ctx, sum[:])
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.NotFound || e.Code != code {
			t.Errorf("facts of %d: %v; want %s", n, err, code)
		}
	}
	pending(1, "facts_pending")
	pending(3, "no_file")
	if a, b, c := claim(1), claim(1), claim(1); a+b != 3 || c != 0 {
		t.Errorf("claimed %d, %d, %d; want both, once", a, b, c)
	}
	later("11 minutes") // whoever had them is gone
	if a, b := claim(1), claim(1); a+b != 3 {
		t.Errorf("claimed %d, %d; want both anew", a, b)
	}
	for _, f := range []store.BinaryFacts{{SHA256: [32]byte{1}, Version: 1, Facts: []byte(`{"size": 1}`)}, {SHA256: [32]byte{2}, Version: 1, Problem: "it is damaged"}, {SHA256: [32]byte{9}, Version: 1, Problem: "not stored"}} {
		if err := s.SetBinaryFacts(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	first, second := [32]byte{1}, [32]byte{2}
	if f, err := s.BinaryFacts(ctx, first[:]); err != nil || string(f.Facts) != `{"size": 1}` || f.Problem != "" || f.SHA256 != first || f.Made.IsZero() {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := s.BinaryFacts(ctx, second[:]); err != nil || f.Facts != nil || f.Problem != "it is damaged" {
		t.Errorf("%+v, %v", f, err)
	}
	later("11 minutes")
	if got := claim(1); got != 0 {
		t.Errorf("%d, which was examined, was claimed", got)
	}
	later("1 day")
	if a, b := claim(1), claim(1); a != 2 || b != 0 {
		t.Errorf("claimed %d, %d; want the one with a problem", a, b)
	}
	later("1 day")
	if a, b := claim(2), claim(2); a+b != 3 {
		t.Errorf("a newer examiner claimed %d, %d; want both", a, b)
	}
	// What an older one says later does not replace what the newer one said.
	for _, f := range []store.BinaryFacts{{SHA256: first, Version: 2, Facts: []byte(`{"size": 2}`)}, {SHA256: first, Version: 1, Facts: []byte(`{"size": 1}`)}} {
		if err := s.SetBinaryFacts(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := s.BinaryFacts(ctx, first[:]); err != nil || f.Version != 2 || string(f.Facts) != `{"size": 2}` {
		t.Errorf("%+v, %v", f, err)
	}
}
