package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.log")
	line := func(i int) string { return fmt.Sprintf("line %03d of the log\n", i) } // 20 bytes
	l, err := OpenLogFile(path, 100, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		if i == 3 { // an agent that is started again goes on
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if l, err = OpenLogFile(path, 100, 2); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Write([]byte(line(i))); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]int{"": {10, 11}, ".1": {5, 6, 7, 8, 9}, ".2": {0, 1, 2, 3, 4}} {
		raw, err := os.ReadFile(path + name)
		var text strings.Builder
		for _, i := range want {
			text.WriteString(line(i))
		}
		if err != nil || string(raw) != text.String() {
			t.Errorf("agent.log%s is %q, %v; want %q", name, raw, err, text.String())
		}
	}
	for range 10 { // what is oldest goes
		if _, err := l.Write([]byte(line(99))); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := filepath.Glob(path + "*"); err != nil || len(list) != 3 {
		t.Errorf("there are %q, %v; want three files", list, err)
	}
	// A line that is longer than a file may be is there all the same.
	long := strings.Repeat("x", 500) + "\n"
	if n, err := l.Write([]byte(long)); n != len(long) || err != nil {
		t.Errorf("a long line: %d, %v", n, err)
	}
	if _, err := l.Write([]byte(line(1))); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path + ".1"); err != nil || string(raw) != long {
		t.Errorf("behind it there is %.20q, %v; want the long line alone", raw, err)
	}
	if _, err := OpenLogFile(filepath.Join(path, "none"), 100, 2); err == nil {
		t.Error("a log below a file is opened")
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.log")
	if err := os.WriteFile(path, []byte("first line\nsecond\nthird\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int64]string{100: "first line\nsecond\nthird\n", 16: "second\nthird\n", 8: "third\n"} {
		if raw, err := Tail(path, n); err != nil || string(raw) != want {
			t.Errorf("the last %d bytes are %q, %v; want %q", n, raw, err, want)
		}
	}
	if _, err := Tail(path+"x", 10); err == nil {
		t.Error("a log that is not there has an end")
	}
}
