package claim

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, test := range []struct {
		s    string
		most int
		want string
	}{
		{"", 5, ""}, {"plain", 5, "plain"}, {"longer", 5, "longe"}, {"a\x00b", 9, "a\ufffdb"}, {"a\xffb", 9, "a\ufffdb"}, {"añb", 2, "a"}, {"añb", 3, "añ"},
		{"a\xff\xfe", 3, "a"}, {"\x00\x00\x00", 3, "\ufffd"}, {strings.Repeat("\x80", 100), 50, "\ufffd"},
	} {
		if got := Text(test.s, test.most); got != test.want {
			t.Errorf("Text(%q, %d) = %q; want %q", test.s, test.most, got, test.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x00\xff€", 4)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = max(0, most%1000)
		if got := Text(s, most); len(got) > most || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("Text(%q, %d) = %q", s, most, got)
		}
	})
}
