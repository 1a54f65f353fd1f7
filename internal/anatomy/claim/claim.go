// Package claim makes texts that stand in files of strangers ones that every program
// can keep and show as text. That they are hostile all the same, those that show
// them must know.
package claim

import (
	"strings"
	"unicode/utf8"
)

// Text returns the beginning of s that has at most most bytes, as valid UTF-8 and
// without NUL, which PostgreSQL keeps nowhere: a mark stands for what is neither.
func Text(s string, most int) string {
	const mark = "\ufffd"
	if len(s) > most {
		end := most
		for end > 0 && end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, mark), "\x00", mark)
	for len(s) > most { // the mark is longer than what it stands for
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
