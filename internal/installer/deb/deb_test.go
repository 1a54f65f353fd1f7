package deb

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestVersion(t *testing.T) {
	for in, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3-4-gabc": "1.2.3+4+gabc", "development": "0~development", "": "0~", "v2.0 beta/1": "2.0+beta+1",
	} {
		if got := Version(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// The archive around it is simple: names, times and lengths in columns, and each
// member at an even place.
func TestWrite(t *testing.T) {
	p := Package{
		Name: "tool", Version: "1.0", Architecture: "all", Maintainer: "Nobody <nobody@localhost>", Summary: "does nothing", Description: "And\nmore",
		Fields: map[string]string{"Depends": "libc6"}, Made: time.Unix(1_800_000_000, 0),
		Files: []File{{Path: "/usr/bin/tool", Mode: 0o755, Content: []byte("x")}},
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	const want = "!<arch>\ndebian-binary   1800000000  0     0     100644  4         `\n2.0\ncontrol.tar.gz  1800000000  0     0     100644  "
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("it begins with\n%q\nwant\n%q", out.String()[:len(want)], want)
	}
	if out.Len()%2 != 0 {
		t.Errorf("it has %d bytes; want an even number", out.Len())
	}
	p.Summary = "two\nlines"
	if err := p.Write(&out); err == nil || !strings.Contains(err.Error(), "more than one line") {
		t.Errorf("a field of two lines: error %v", err)
	}
}
