package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCompression(t *testing.T) {
	script := strings.Repeat("const answer = 42;\n", 500)
	h := handler(fstest.MapFS{
		"index.html":    {Data: []byte("<!doctype html>")},
		"assets/app.js": {Data: []byte(script)},
		"assets/s.js":   {Data: []byte("1")},
	})
	for _, test := range []struct {
		path, accept string
		gzipped      bool
	}{
		{"/assets/app.js", "gzip, deflate, br", true},
		{"/assets/app.js", "br;q=1.0, GZIP;q=0.5", true},
		{"/assets/app.js", "gzip;q=0", false},
		{"/assets/app.js", "gzip; q=0.0", false},
		{"/assets/app.js", "br", false},
		{"/assets/app.js", "", false},
		{"/assets/s.js", "gzip", false}, // it would grow
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.Header.Set("Accept-Encoding", test.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != test.gzipped {
			t.Errorf("%s for %q: gzipped is %t", test.path, test.accept, got)
			continue
		}
		if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", test.path, got)
		}
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
			t.Errorf("%s for %q: type is %q", test.path, test.accept, got)
		}
		if !test.gzipped {
			continue
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, []byte(script)) {
			t.Errorf("%s: unpacked to %d bytes, %v", test.path, len(body), err)
		}
	}
}
