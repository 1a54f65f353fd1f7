package anatomy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/disasm"
)

var (
	otherComment = regexp.MustCompile(`\s*(#|<).*$`)
	aNumber      = regexp.MustCompile(`(?:neg|[-+])?0x[0-9a-f]+`)
	bareTarget   = regexp.MustCompile(`^((?:bnd )?(?:j[a-z]+|call|loop[a-z]*|xbegin)) ([0-9a-f]+)$`)
	bareSegment  = regexp.MustCompile(`\b([c-gs]s):(0x[0-9a-f]+)`)
	stringOp     = regexp.MustCompile(`\b(movs|cmps|stos|lods|scas|ins|outs) .*\b(byte|d?q?word|xmmword) ptr .*\[.*$`)
)

// normalIntel makes texts of x86 alike that say the same.
func normalIntel(s string) string {
	s = strings.ToLower(otherComment.ReplaceAllString(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	s = bareTarget.ReplaceAllString(s, "$1 0x$2")
	s = bareSegment.ReplaceAllString(s, "$1:[$2]")
	if m := stringOp.FindStringSubmatch(s); m != nil {
		s = s[:strings.Index(s, m[0])] + m[1] + m[2][:1]
	}
	for strings.HasPrefix(s, "data16 ") || strings.HasPrefix(s, "cs nop") { // what fills up
		_, s, _ = strings.Cut(s, " ")
	}
	s = strings.ReplaceAll(s, ", -0x", ", neg0x") // not that of an address
	s = strings.NewReplacer(", ", ",", "+eiz", "", "rex.w ", "", "ptr ", "", "*1]", "]", "*1+", "+", "*1-", "-", "cs:[", "[", "ds:[", "[", "movabs ", "mov ", "xchg ax,ax", "nop").Replace(s)
	return aNumber.ReplaceAllStringFunc(s, normalNumber)
}

// normalNumber makes a number alike to that of the same bits with another sign.
func normalNumber(text string) string {
	n := strings.TrimLeft(text, "neg+-")
	u, err := strconv.ParseUint(n, 0, 64)
	if err != nil {
		return text
	}
	v := int64(u)
	switch {
	case text[0] == '-' || text[0] == 'n':
		v = -v
	case u >= 1<<31 && u < 1<<32:
		v = int64(int32(u))
	case u >= 1<<15 && u < 1<<16:
		v = int64(int16(u))
	}
	if text[0] == '+' || text[0] == '-' { // of an address
		if v == 0 {
			return ""
		}
		return fmt.Sprintf("%+x", v)
	}
	for _, bits := range []int{8, 16, 32} {
		if v < 0 && v >= -1<<(bits-1) {
			return strconv.FormatUint(uint64(v)&(1<<bits-1), 16)
		}
	}
	return strconv.FormatUint(uint64(v), 16)
}

// The code at entry points, as GNU's disassembler has it.
func TestDisassembly(t *testing.T) {
	needs(t, "objdump", "x86_64-w64-mingw32-objdump")
	for name, test := range map[string]struct {
		program string
		files   func(testing.TB) []string
	}{"windows": {"x86_64-w64-mingw32-objdump", images}, "linux": {"objdump", programs}} {
		t.Run(name, func(t *testing.T) {
			var c comparison
			for _, path := range test.files(t) {
				f := factsOf(t, path)
				if f.Entry == nil || len(f.Entry.Instructions) == 0 || f.Machine != "x64" && f.Machine != "x86" {
					continue
				}
				last := f.Entry.Instructions[len(f.Entry.Instructions)-1]
				c.add(path, f.Entry.Instructions, others(output(t, test.program, "-d", "-z", "-w", "-M", "intel", "--start-address="+f.Entry.Address.String(),
					"--stop-address="+(last.Address+disasm.Address(len(last.Bytes))).String(), path)), normalIntel)
			}
			c.judge(t)
		})
	}
}

var (
	aSymbol  = regexp.MustCompile(`\s*(//|<).*$`)
	aDecimal = regexp.MustCompile(`#-?(0x)?[0-9a-f]+`)
	alsoMove = regexp.MustCompile(`^orr (\w+),[wx]zr,`)
)

// normalARM makes texts of arm64 alike that say the same.
func normalARM(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(aSymbol.ReplaceAllString(s, "")), " "))
	s = alsoMove.ReplaceAllString(strings.NewReplacer(", ", ",", "b.cc ", "b.lo ", "b.cs ", "b.hs ").Replace(s), "mov $1,")
	return aDecimal.ReplaceAllStringFunc(s, func(n string) string {
		v, err := strconv.ParseInt(n[1:], 0, 64)
		if err != nil {
			u, _ := strconv.ParseUint(n[1:], 0, 64)
			v = int64(u)
		}
		return fmt.Sprintf("#%d", v)
	})
}

// The code of programs for arm64, as LLVM's disassembler has it: GNU's for it is
// seldom installed.
func TestDisassemblyARM(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in a short test: it builds programs")
	}
	needs(t, "llvm-objdump")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\nimport \"fmt\"\nfunc main() { fmt.Println(1) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("/usr/lib/google-cloud-sdk/platform/bundledpythonunix/lib/python3*/site-packages/*/_vendor/distlib/*arm*.exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"windows", "linux"} {
		cmd := exec.Command("go", "build", "-o", system, "main.go")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=arm64", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		files = append(files, filepath.Join(dir, system))
	}
	var c comparison
	for _, path := range files {
		f := factsOf(t, path)
		if f.Machine != "arm64" || f.Entry == nil {
			t.Errorf("%s is for %s", path, f.Machine)
			continue
		}
		last := f.Entry.Instructions[len(f.Entry.Instructions)-1]
		c.add(path, f.Entry.Instructions, others(output(t, "llvm-objdump", "-d", "--start-address="+f.Entry.Address.String(), "--stop-address="+(last.Address+4).String(), path)), normalARM)
	}
	c.judge(t)
}
