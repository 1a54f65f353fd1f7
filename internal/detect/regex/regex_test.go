package regex

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A Matcher says what package regexp says, however few states it may keep.
func TestMatcher(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "b", "ab", "[ab]", "[^a]", ".", `\w`, `\s`, `\b`, `\B`, "^", "$", "-", "(?i)B", "(?:a|b-)", "a+", "b*", "a?", "a{2,3}", `\n`, `\d`}
	compiled, hits := 0, 0
	for range 3_000 {
		var source strings.Builder
		for range 1 + random.IntN(5) {
			source.WriteString(parts[random.IntN(len(parts))])
			if random.IntN(6) == 0 {
				source.WriteByte('|')
			}
		}
		flags := []string{"", "i", "m", "s", "ims"}[random.IntN(5)]
		e, err := Compile(source.String(), flags)
		if err != nil {
			continue // too many repetitions
		}
		compiled++
		want := regexp.MustCompile(e.String())
		m := e.Matcher(NewMemory(random.IntN(3) << 10))
		for range 20 {
			text := make([]byte, random.IntN(12))
			for i := range text {
				text[i] = "abAB-_ 1\n"[random.IntN(9)]
			}
			got := m.Match(string(text), true)
			if got != want.Match(text) {
				t.Fatalf("%q in %q: %t", e, text, got)
			}
			if got {
				hits++
			}
		}
	}
	if compiled < 2_000 || hits < 10_000 {
		t.Errorf("only %d expressions and %d matches were compared", compiled, hits)
	}
	e, err := Compile("é.$", "")
	if err != nil {
		t.Fatal(err)
	}
	if !e.Matcher(NewMemory(1<<20)).Match("xéß", false) {
		t.Error("a text that is not ASCII does not match")
	}
}

// An expression that needs more states than there may be still answers, and in
// time.
func TestManyStates(t *testing.T) {
	e, err := Compile("a[ab]{18}c", "")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	memory := NewMemory(1 << 20)
	m := e.Matcher(memory)
	left := false
	for range 50 {
		text := make([]byte, 20_000)
		for i := range text {
			text[i] = "ab"[random.IntN(2)]
		}
		if m.Match(string(text), true) {
			t.Fatal("it matches without a c")
		}
		if m.bytes+memory.left != 1<<20 || memory.left < -1_000 {
			t.Fatalf("it keeps %d bytes, and %d are left", m.bytes, memory.left)
		}
		left = left || m.wait > 0
	}
	if !left {
		t.Error("no text was left to package regexp")
	}
	if !m.Match("a"+strings.Repeat("b", 18)+"c", true) {
		t.Error("it does not match any more")
	}
}

func TestCompileRefuses(t *testing.T) {
	for source, why := range map[string]string{
		"((a|b?){90}){60}":       "too large",
		"(a+)+$":                 "exponentially",
		"^(a+)*b":                "exponentially",
		"(?:a+)+b":               "exponentially",
		"(a*)*":                  "exponentially",
		"(a|a)*b":                "exponentially",
		"(a|aa)+$":               "exponentially",
		"(x+x+)+y":               "exponentially",
		`(\w+\s?)*$`:             "exponentially",
		"([a-z]+[a-m]*)+!":       "exponentially",
		"(?i:(k|K)+)+$":          "exponentially",
		"(a?b?)*c":               "exponentially",
		"(?P<n>(a+)+)":           "exponentially",
		`^(([a-z])+.)+[A-Z]+$`:   "exponentially",
		"(a{1,100}){1,100}":      "too large",
		"((a?){100}){80}":        "too large",
		"a{1001}":                "too large",
		"((a{100}){100}){100}":   "too large",
		"(?=a)b":                 "looks around",
		"(?<!a)b":                "looks around",
		`(a)\1`:                  "not supported",
		"a(":                     "missing closing",
		"[z-a]":                  "invalid character class range",
		"*":                      "missing argument",
		strings.Repeat("a", 9e3): "at most",
	} {
		begun := time.Now()
		_, err := Compile(source, "")
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want it to say %q", source, err, why)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%.40q took %v", source, took)
		}
	}
}

func TestCompileTakes(t *testing.T) {
	for _, source := range []string{
		`"(?:\{\d\})+"\s*-f`, `\w+` + "`" + `(?:\w+|-|.)` + "`" + `[\w+|\s]`, `https?://(?:(?:25[0-5]|(?:2[0-4]|1\d|[1-9])?\d)(?:\.|\b)){4}`,
		`\S+?\w:\S+?:`, ".{1000,}", `(?i)\s(-u|--user)\s*:`, "(ab|cd)*", `(?:[a-z]+,)*[a-z]+`, `(\\[^\\]+)+`, `[\](]+(x|[)]+y)*`, `\Q(a+)+\E`, "(?:a+)?b", `(?:.*\)){1,}.*"`,
	} {
		if _, err := Compile(source, ""); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("(a|b)*c", "abab")
	f.Add(`[\]a]+(?i:x)|\Qa\E`, "x")
	f.Add("(a+)+", "aaaa")
	f.Fuzz(func(t *testing.T, source, text string) {
		e, err := Compile(source, "")
		if err != nil {
			return
		}
		ascii := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
		if got := e.Matcher(NewMemory(1<<20)).Match(text, ascii); got != e.MatchString(text) {
			t.Errorf("%q in %q: %t", source, text, got)
		}
	})
}
