package event

import (
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	const plain = "0197231e4a83694d9e0e0000000008ff"
	want, ok := ParseKey(plain)
	if !ok || want.String() != "0197231e-4a83-694d-9e0e-0000000008ff" {
		t.Fatalf("%s is read as %s, %v", plain, want, ok)
	}
	for _, same := range []string{strings.ToUpper(plain), want.String(), "-" + plain + "-", strings.Join(strings.Split(plain, ""), "-")} {
		if k, ok := ParseKey(same); !ok || k != want {
			t.Errorf("%q is read as %s, %v", same, k, ok)
		}
	}
	for _, wrong := range []string{"", "-", plain[1:], plain + "0", plain[1:] + "g", plain[2:] + "é", "{" + want.String() + "}", plain[1:] + " "} {
		if k, ok := ParseKey(wrong); ok || !k.IsZero() {
			t.Errorf("%q is read as %s, %v", wrong, k, ok)
		}
	}
}
