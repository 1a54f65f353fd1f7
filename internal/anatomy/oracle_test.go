package anatomy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/disasm"
)

// now is the present of these tests.
var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// needs skips a test without these programs.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("skipped: %s is not installed (apt-get install binutils mingw-w64 llvm osslsigncode)", p)
		}
	}
}

const wineFolder = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"

// images returns executables for Windows that Debian's packages bring, and others on
// the machine.
func images(t testing.TB) []string {
	t.Helper()
	return some(t, wineFolder+"/*.[desc][lxyp][lesl]", "/usr/lib/x86_64-linux-gnu/wine/i386-windows/*", "/usr/*-w64-mingw32/lib/*.dll", "/usr/lib/gcc/*-w64-mingw32/*/*.dll",
		"/usr/lib/gcc/*-w64-mingw32/*/*.exe", "/usr/lib/python3/dist-packages/setuptools/*.exe", "/usr/lib/python3/dist-packages/pip/_vendor/distlib/*.exe")
}

// programs returns those of Linux.
func programs(t testing.TB) []string {
	t.Helper()
	return some(t, "/usr/bin/*", "/usr/lib/x86_64-linux-gnu/*.so", "/usr/lib/aarch64-linux-gnu/*.so", "/usr/lib/i386-linux-gnu/*.so")
}

// some returns the files that the patterns name: all, or in a quick test a few of them.
func some(t testing.TB, patterns ...string) []string {
	t.Helper()
	var list []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				list = append(list, path)
			}
		}
	}
	if len(list) == 0 {
		t.Skipf("skipped: there are no files like %v (apt-get install wine64 mingw-w64)", patterns)
	}
	most := len(list)
	if testing.Short() {
		most = 10
	} else if raced {
		most = 40
	}
	few := []string{}
	for i := 0; i < len(list); i += len(list)/(most+1) + 1 {
		few = append(few, list[i])
	}
	return few
}

// factsOf returns the facts of a file.
func factsOf(t testing.TB, path string) *Facts {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Of(r, s.Size(), now)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// output returns what a program says.
func output(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", program, args, err)
	}
	return string(out)
}

// An otherInstruction is one as another disassembler has it.
type otherInstruction struct{ bytes, text string }

var otherLine = regexp.MustCompile(`(?m)^\s*([0-9a-f]+):\s+((?:[0-9a-f]{2} )+|(?:[0-9a-f]{8} ?)+)\s*\t?([^\n]*)$`)

// others parses what objdump prints.
func others(listing string) map[disasm.Address]otherInstruction {
	list := map[disasm.Address]otherInstruction{}
	for _, m := range otherLine.FindAllStringSubmatch(listing, -1) {
		at, err := strconv.ParseUint(m[1], 16, 64)
		if err != nil {
			continue
		}
		list[disasm.Address(at)] = otherInstruction{strings.ReplaceAll(m[2], " ", ""), m[3]}
	}
	return list
}

// A comparison counts where disassemblers agree.
type comparison struct {
	same, data int
	differ     map[string][]string // by mnemonic
}

func (c *comparison) add(path string, list []disasm.Instruction, other map[disasm.Address]otherInstruction, normal func(string) string) {
	for _, in := range list {
		o, ok := other[in.Address]
		switch ours := strings.TrimSpace(in.Mnemonic + " " + in.Operands); {
		case in.Mnemonic == "":
			c.data++
			if ok && !strings.Contains(o.text, "(bad)") {
				c.note("(data) "+strings.Fields(o.text + " ?")[0], fmt.Sprintf("%s %s %s: %s", filepath.Base(path), in.Address, o.bytes, o.text))
			}
		case !ok:
			c.note(in.Mnemonic, fmt.Sprintf("%s %s %x: %s; objdump has no instruction there", filepath.Base(path), in.Address, []byte(in.Bytes), ours))
		case normal(ours) != normal(o.text):
			c.note(in.Mnemonic, fmt.Sprintf("%s %s %x: %s; objdump: %s  [%s | %s]", filepath.Base(path), in.Address, []byte(in.Bytes), ours, o.text, normal(ours), normal(o.text)))
		default:
			c.same++
		}
	}
}

func (c *comparison) note(mnemonic, line string) {
	if c.differ == nil {
		c.differ = map[string][]string{}
	}
	c.differ[mnemonic] = append(c.differ[mnemonic], line)
}

// judge fails the test where too few are the same, and lists what is not.
func (c *comparison) judge(t *testing.T) {
	t.Helper()
	differ := 0
	for m, lines := range c.differ {
		if !strings.HasPrefix(m, "(data)") {
			differ += len(lines)
		}
	}
	var names []string
	for m := range c.differ {
		names = append(names, m)
	}
	slices.SortFunc(names, func(a, b string) int { return len(c.differ[b]) - len(c.differ[a]) })
	for _, m := range names {
		t.Logf("%5d %-12s %s", len(c.differ[m]), m, c.differ[m][0])
	}
	share := float64(c.same) / float64(max(1, c.same+differ))
	t.Logf("%d instructions are the same, %d differ, %d pieces of data: %.3f %%", c.same, differ, c.data, share*100)
	if share < 0.995 {
		t.Errorf("disassembly agrees with objdump on %.3f %% of instructions; want 99.5", share*100)
	}
}
