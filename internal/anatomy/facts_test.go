package anatomy

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/pe"
)

// found returns what the groups of a pattern match, each match with spaces between.
func found(text, pattern string) []string {
	list := []string{}
	for _, m := range regexp.MustCompile(`(?m)`+pattern).FindAllStringSubmatch(text, -1) {
		list = append(list, strings.TrimSpace(strings.Join(m[1:], " ")))
	}
	return list
}

// the returns the only one of these, "" where there is none.
func the(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// hexOf returns a number in hexadecimal as another program printed it.
func hexOf(text string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 64) // 0 where it is none, as what it is compared with
	return n
}

// differ compares two lists, and says where they are not the same.
func differ(t *testing.T, path, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s: of %s, %d is %s; want %s (%d and %d in all)", path, what, i, g, w, len(got), len(want))
			return
		}
	}
}

// The headers, sections, imports and exports of an image are those that GNU's tools read.
func TestAgainstObjdump(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-objdump")
	for _, path := range images(t) {
		f, dump := factsOf(t, path), output(t, "x86_64-w64-mingw32-objdump", "-p", "-h", "-w", path)
		if f.Image == nil {
			t.Errorf("%s is %s", path, f.Format)
			continue
		}
		var got, want []string
		value := func(name string) uint64 { return hexOf(the(found(dump, `^`+name+`\s+([0-9a-f]+)`))) }
		for _, name := range []string{"ImageBase", "SizeOfImage", "SizeOfHeaders", "CheckSum", "DllCharacteristics"} {
			want = append(want, fmt.Sprintf("%s %x", name, value(name)))
		}
		var protected uint64
		for _, name := range f.Image.Protections {
			protected |= hexOf(name) // what has no name
			for _, p := range protections {
				if p.name == name {
					protected |= uint64(p.bit)
				}
			}
		}
		got = []string{
			fmt.Sprintf("ImageBase %x", uint64(f.Image.Base)), fmt.Sprintf("SizeOfImage %x", f.Image.ImageBytes), fmt.Sprintf("SizeOfHeaders %x", f.Image.HeaderBytes),
			fmt.Sprintf("CheckSum %x", f.Image.Checksum), fmt.Sprintf("DllCharacteristics %x", protected),
		}
		differ(t, path, "headers", got, want)

		got, want = nil, found(dump, `^\s*\d+ (\S+)\s+([0-9a-f]{8})\s+([0-9a-f]{8,16})\s+[0-9a-f]{8,16}\s+([0-9a-f]{8})\s`)
		for _, s := range f.Image.Sections {
			// Of a section it tells what is in the file, and that from no more than memory has.
			size, at := s.Size, s.Offset
			if s.Memory > 0 && uint64(size) > s.Memory {
				size = int64(s.Memory)
			}
			if size == 0 {
				size, at = int64(s.Memory), 0
			}
			got = append(got, fmt.Sprintf("%s %08x %016x %08x", s.Name, size, uint64(f.Image.Base)+uint64(s.Address), at))
		}
		if f.Format == PE32 {
			for i := range got {
				got[i] = regexp.MustCompile(` 0{8}([0-9a-f]{8}) `).ReplaceAllString(got[i], " $1 ")
			}
		}
		differ(t, path, "sections", got, want)

		want, got = importsOf(dump), nil
		for _, l := range f.Image.Imports {
			for _, fn := range l.Functions {
				if !l.Delayed {
					got = append(got, strings.TrimSpace(l.Library+" "+cmpName(fn)))
				}
			}
		}
		differ(t, path, "imports", got, want)

		want, got = found(dump, `^\t\[ *\d+\](?: \+base\[ *\d+\]\s+[0-9a-f]+)? (\S+)$`), nil
		if f.Image.Exports != nil {
			for _, fn := range f.Image.Exports.Functions {
				if fn.Name != "" {
					got = append(got, fn.Name)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if len(want) <= mostFunctions {
			differ(t, path, "exports", got, want)
		}
	}
}

func cmpName(f Function) string {
	if f.Name == "" {
		return fmt.Sprintf("#%d", f.Ordinal)
	}
	return f.Name
}

// importsOf returns "library function" of what objdump prints.
func importsOf(dump string) (list []string) {
	library := ""
	for line := range strings.Lines(dump) {
		line = strings.TrimRight(line, "\n")
		if name := the(found(line, `^\s+DLL Name: (\S+)`)); name != "" {
			library = name
		} else if name := the(found(line, `^\t[0-9a-f]+\s+\d+\s+([^<\s]\S*)$`)); name != "" {
			list = append(list, library+" "+name)
		} else if number := the(found(line, `^\t8[0-9a-f]+\s+([0-9a-f]+)\s+<none>`)); number != "" {
			list = append(list, fmt.Sprintf("%s #%d", library, hexOf(number)))
		} else if strings.HasPrefix(line, "There is an export table") {
			break
		}
	}
	return list
}

// The same of programs of Linux.
func TestAgainstReadelf(t *testing.T) {
	needs(t, "readelf")
	read := 0
	for _, path := range programs(t) {
		f := factsOf(t, path)
		if f.ELF == nil {
			continue
		}
		read++
		out := output(t, "readelf", "-W", "-h", "-l", "-S", "-d", "-n", path)
		differ(t, path, "entry point", []string{fmt.Sprintf("%x", entryOf(f))}, []string{fmt.Sprintf("%x", hexOf(the(found(out, `^\s+Entry point address:\s+0x([0-9a-f]+)`))))})
		differ(t, path, "interpreter", []string{f.ELF.Interpreter}, []string{the(found(out, `Requesting program interpreter: (.*)\]$`))})
		differ(t, path, "libraries", f.ELF.Needed, found(out, `\(NEEDED\)\s+Shared library: \[(.*)\]$`))
		differ(t, path, "name", []string{f.ELF.Name}, []string{the(found(out, `\(SONAME\)\s+Library soname: \[(.*)\]$`))})
		differ(t, path, "path", []string{strings.Join(f.ELF.RunPath, " ")}, []string{the(found(out, `\(R(?:UN)?PATH\)\s+Library r(?:un)?path: \[(.*)\]$`))})
		differ(t, path, "build", []string{f.ELF.BuildID}, []string{the(found(out, `Build ID: ([0-9a-f]+)`))})
		want, got := found(out, `^\s+\[ *\d+\] (.{17}) *[A-Z][A-Z0-9_]*\s+([0-9a-f]{8,16}) ([0-9a-f]{6,})`), []string{}
		for _, s := range f.ELF.Sections {
			wide := 16
			if f.Format == ELF32 {
				wide = 8
			}
			got = append(got, strings.TrimSpace(fmt.Sprintf("%-17.17s %0*x %06x", s.Name, wide, uint64(s.Address), s.Offset)))
		}
		if !slices.ContainsFunc(got, func(s string) bool { return len(the(strings.Fields(s))) > 16 }) && !strings.Contains(out, "unknown>") && !strings.Contains(out, "LOOS+") {
			differ(t, path, "sections", got, want)
		}
		role := the(found(out, `^\s+Type:\s+(\S+ .*)$`))
		if wantRole := map[string]Role{"EXEC (Executable file)": Program, "DYN (Position-Independent Executable file)": Program, "DYN (Shared object file)": Library, "REL (Relocatable file)": Object}[role]; f.Role != wantRole {
			t.Errorf("%s is a %s; readelf says %s", path, f.Role, role)
		}
	}
	t.Logf("%d programs and libraries of Linux", read)
}

func entryOf(f *Facts) uint64 {
	if f.Entry == nil {
		return 0
	}
	return uint64(f.Entry.Address)
}

// What is computed in one pass is what is computed of the whole.
func TestPass(t *testing.T) {
	for _, path := range images(t) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := factsOf(t, path)
		strong, weak, weakest := sha256.Sum256(raw), sha1.Sum(raw), md5.Sum(raw)
		if want := fmt.Sprintf("%x %x %x", strong, weak, weakest); f.SHA256+" "+f.SHA1+" "+f.MD5 != want || f.Size != int64(len(raw)) {
			t.Errorf("%s has %d bytes and %s %s %s; want %d and %s", path, f.Size, f.SHA256, f.SHA1, f.MD5, len(raw), want)
		}
		if want := rounded(pe.Entropy(raw)); f.Entropy.Whole != want {
			t.Errorf("%s has %v bits per byte; want %v", path, f.Entropy.Whole, want)
		}
		for i, got := range f.Entropy.Points {
			at := int64(i) * f.Entropy.Step
			if want := rounded(pe.Entropy(raw[at:min(at+f.Entropy.Step, f.Size)])); got != want {
				t.Errorf("%s at %d has %v bits per byte; want %v", path, at, got, want)
				break
			}
		}
		if n := len(f.Entropy.Points); n > mostPoints || int64(n) != (f.Size+f.Entropy.Step-1)/f.Entropy.Step {
			t.Errorf("%s of %d bytes has %d points of %d", path, f.Size, n, f.Entropy.Step)
		}
		for _, s := range f.Image.Sections {
			if want := rounded(pe.Entropy(raw[min(s.Offset, f.Size):min(s.Offset+s.Size, f.Size)])); s.Entropy != want {
				t.Errorf("%s: section %s has %v bits per byte; want %v", path, s.Name, s.Entropy, want)
			}
		}
		if got := checksumOf(raw); f.Image.ComputedChecksum != got {
			t.Errorf("%s has the checksum %#x; want %#x", path, f.Image.ComputedChecksum, got)
		}
	}
}

// checksumOf computes the checksum of an image as its definition says: words of 16
// bits, the carry added each time.
func checksumOf(raw []byte) uint32 {
	size := len(raw)
	raw = append(bytes.Clone(raw), make([]byte, len(raw)%2)...)
	header := int(raw[60]) | int(raw[61])<<8 | int(raw[62])<<16
	copy(raw[header+88:], "\x00\x00\x00\x00")
	sum := uint32(0)
	for i := 0; i < len(raw); i += 2 {
		sum += uint32(raw[i]) | uint32(raw[i+1])<<8
		sum = sum&0xffff + sum>>16
	}
	return sum + uint32(size)
}
