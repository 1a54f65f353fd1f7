package auth

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	hash := HashPassword("correct horse battery")
	if !CheckPassword(hash, "correct horse battery") {
		t.Error("the right password is refused")
	}
	if HashPassword("correct horse battery") == hash {
		t.Error("two hashes have one salt")
	}
	for _, tt := range []struct{ hash, password string }{
		{hash, "correct horse batterx"}, {hash, ""}, {"", ""}, {"$argon2id$", "x"}, {"$argon2id$v=19$m=32768,t=3,p=1$$", ""},
		{"$argon2id$v=19$m=32768,t=0,p=1$AAAA$AAAA", "x"}, {"$argon2id$v=19$m=32768,t=1,p=0$AAAA$AAAA", "x"}, {strings.Replace(hash, "argon2id", "argon2i", 1), "correct horse battery"},
	} {
		if CheckPassword(tt.hash, tt.password) {
			t.Errorf("%q is accepted for %q", tt.password, tt.hash)
		}
	}
}

func TestAcceptablePassword(t *testing.T) {
	for password, ok := range map[string]bool{
		"correct horse battery": true, "contraseña ñandú": true, "elevenchars": false, "": false, "aaaaaaaaaaaaaa": false,
		"my name is Ana Garcia": false, strings.Repeat("ab", 129): false,
	} {
		if err := AcceptablePassword(password, "ana garcia"); (err == nil) != ok {
			t.Errorf("%q: %v, want acceptable: %v", password, err, ok)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		p := OneTimePassword()
		if err := AcceptablePassword(p, "admin"); err != nil || len(p) != 23 || seen[p] {
			t.Errorf("one-time password %q: %v", p, err)
		}
		seen[p] = true
	}
}

func TestRoles(t *testing.T) {
	for _, tt := range []struct {
		have, need string
		want       bool
	}{
		{Administrator, Viewer, true}, {Administrator, Administrator, true}, {Analyst, Administrator, false}, {Viewer, Analyst, false}, {"", Viewer, false}, {"root", Viewer, false},
	} {
		if got := Allows(tt.have, tt.need); got != tt.want {
			t.Errorf("Allows(%q, %q) = %v", tt.have, tt.need, got)
		}
	}
	if got := Weaker(Administrator, Viewer); got != Viewer {
		t.Errorf("the weaker of administrator and viewer is %q", got)
	}
}

// Guessing is slowed down for one user from one address, and for nobody else.
func TestTries(t *testing.T) {
	tr := newTries()
	for range freeTries - 1 {
		tr.failed("10.0.0.1", "ana")
		if w := tr.wait("10.0.0.1", "ana"); w > 0 {
			t.Fatalf("must wait %v already", w)
		}
	}
	var last int
	for range 12 {
		tr.failed("10.0.0.1", "Ana")
		w := int(tr.wait("10.0.0.1", "ana").Seconds() + 0.5)
		if w < last || w > int(longestWait.Seconds()) {
			t.Errorf("must wait %d s after %d s", w, last)
		}
		last = w
	}
	if last < 200 {
		t.Errorf("after 17 failures the wait is %d s", last)
	}
	if tr.wait("10.0.0.2", "ana") > 0 || tr.wait("10.0.0.1", "bob") > 0 {
		t.Error("others must wait too")
	}
	tr.succeeded("10.0.0.1", "ana")
	if tr.wait("10.0.0.1", "ana") > 0 {
		t.Error("must wait after a success")
	}
}
