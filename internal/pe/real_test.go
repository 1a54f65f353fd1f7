package pe

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
)

const wineFolder = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"

// needs skips a test without these programs, which `apt-get install` brings.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("skipped: %s is not installed (apt-get install mingw-w64)", p)
		}
	}
}

// wineFiles returns executables that Wine brings: in a short test a few of them.
func wineFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(wineFolder, "*.[de][lx][le]"))
	if err != nil || len(files) == 0 {
		tb.Skipf("skipped: %s has no executables (apt-get install wine64)", wineFolder)
	}
	if testing.Short() {
		few := files[:0]
		for i := 0; i < len(files); i += len(files)/12 + 1 {
			few = append(few, files[i])
		}
		files = few
	}
	return files
}

func openFile(t *testing.T, path string) *File {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	s, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(r, s.Size())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// dump is what objdump says of a file.
type dump struct {
	entry, checksum uint64
	imports         []string // "library.function" as IMPHASH has them
}

var (
	dumpField = regexp.MustCompile(`(?m)^(AddressOfEntryPoint|CheckSum)\s+(\S+)`)
	dumpName  = regexp.MustCompile(`^\s*DLL Name: (\S+)`)
	dumpEntry = regexp.MustCompile(`^\t[0-9a-f]+\s+\d+\s+([^<\s]\S*)$`)
	dumpByNo  = regexp.MustCompile(`^\t8[0-9a-f]+\s+([0-9a-f]+)\s+<none>`)
)

func dumpOf(t *testing.T, path string) dump {
	t.Helper()
	out, err := exec.Command("x86_64-w64-mingw32-objdump", "-p", path).Output()
	if err != nil {
		t.Fatalf("objdump %s: %v", path, err)
	}
	var d dump
	for _, m := range dumpField.FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.ParseUint(m[2], 16, 64)
		switch {
		case err != nil:
		case m[1] == "CheckSum":
			d.checksum = n
		case m[1] == "AddressOfEntryPoint":
			d.entry = n
		}
	}
	library := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if m := dumpName.FindStringSubmatch(line); m != nil {
			library = strings.ToLower(m[1])
		} else if strings.HasPrefix(line, "There is an export table") {
			break
		} else if name := dumpedFunction(t, library, line); name != "" {
			short := library
			for _, ending := range []string{".dll", ".sys", ".ocx"} {
				short = strings.TrimSuffix(short, ending)
			}
			d.imports = append(d.imports, short+"."+name)
		}
	}
	return d
}

func dumpedFunction(t *testing.T, library, line string) string {
	if m := dumpEntry.FindStringSubmatch(line); m != nil {
		return strings.ToLower(m[1])
	}
	m := dumpByNo.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	n, err := strconv.ParseUint(m[1], 16, 16)
	if err != nil {
		t.Fatalf("objdump says %q: %v", line, err)
	}
	if name := ordinals()[ordinal{library, uint16(n)}]; name != "" {
		return name
	}
	return fmt.Sprintf("ord%d", n)
}

// What is read agrees with an independent reader.
func TestAgainstObjdump(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-objdump")
	for _, path := range wineFiles(t) {
		f, want := openFile(t, path), dumpOf(t, path)
		if uint64(f.EntryPoint) != want.entry || uint64(f.Checksum) != want.checksum {
			t.Errorf("%s: entry point %#x, checksum %#x; objdump says %#x and %#x", path, f.EntryPoint, f.Checksum, want.entry, want.checksum)
		}
		hash := ""
		if len(want.imports) > 0 {
			hash = imphashOf(want.imports...)
		}
		if got, err := f.IMPHASH(); err != nil || got != hash {
			t.Errorf("%s: IMPHASH %q, %v; what objdump says of it gives %q of %d imports", path, got, err, hash, len(want.imports))
		}
		if _, err := f.Version(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Code of compilers has more than 5 bits per byte, where there is enough of it.
func TestEntropyOfCode(t *testing.T) {
	for _, name := range []string{"shell32.dll", "gdi32.dll", "user32.dll"} {
		path := filepath.Join(wineFolder, name)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("skipped: %v", err)
		}
		if code, err := openFile(t, path).EntryCode(); err != nil || len(code) != entryCode || Entropy(code) < 5 {
			t.Errorf("%s has %d bytes, %v, of %.2f bits per byte; want more than 5", name, len(code), err, Entropy(code))
		}
	}
}

const resourceScript = `
1 VERSIONINFO
FILEVERSION 7,8,9,10
PRODUCTVERSION 1,2,3,4
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "%s"
    BEGIN
      VALUE "CompanyName", %s
      VALUE "FileDescription", "Odd \x201Clengths\x201D"
      VALUE "FileVersion", "7.8.9.10 (built)"
      VALUE "InternalName", "x"
      VALUE "LegalCopyright", ""
      VALUE "OriginalFilename", "prog.exe"
      VALUE "ProductName", "Product"
      VALUE "ProductVersion", "1.2"
      VALUE "Comments", "not taken"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x%s, 1200
  END
END
`

// A version resource that a compiler made, in two languages; and a program of mingw.
func TestCompiled(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-windres")
	dir := t.TempDir()
	long := strings.Repeat("long ", 200)
	script := "LANGUAGE 7, 1\n" + fmt.Sprintf(resourceScript, "040704b0", `"Firma"`, "407") +
		"LANGUAGE 9, 1\n" + fmt.Sprintf(resourceScript, "040904b0", `"`+long+`"`, "409")
	script = strings.ReplaceAll(script, `\x201C`, `\x93`)
	script = strings.ReplaceAll(script, `\x201D`, `\x94`)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(program string, args ...string) {
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", program, args, err, out)
		}
	}
	write("v.rc", script)
	write("p.c", "#include <winsock2.h>\nint main(void) { return htons(1) + (int)GetTickCount(); }\n")
	run("x86_64-w64-mingw32-windres", "--codepage=1252", "v.rc", "v.o")
	run("x86_64-w64-mingw32-gcc", "-O2", "-o", "prog.exe", "p.c", "v.o", "-lws2_32")
	path := filepath.Join(dir, "prog.exe")
	f := openFile(t, path)
	got, err := f.Version()
	want := Version{
		Company: strings.TrimSpace(long), Description: "Odd “lengths”", FileVersion: "7.8.9.10 (built)", InternalName: "x",
		OriginalFileName: "prog.exe", Product: "Product", ProductVersion: "1.2",
	}
	if err != nil || got != want {
		t.Errorf("version %+v, %v; want %+v", got, err, want)
	}
	imports := dumpOf(t, path).imports
	if hash, err := f.IMPHASH(); err != nil || hash != imphashOf(imports...) || !slices.Contains(imports, "ws2_32.htons") {
		t.Errorf("IMPHASH %q, %v; of %v", hash, err, imports)
	}
	if f.Machine.String() != "x64" || !f.Wide || f.Compiled().IsZero() {
		t.Errorf("machine %s, compiled %s", f.Machine, f.Compiled())
	}
	if code, err := f.EntryCode(); err != nil || Entropy(code) < 5 {
		t.Errorf("%d bytes of code, %v, of %.2f bits per byte; want more than 5", len(code), err, Entropy(code))
	}
}

// Programs that Go makes for Windows.
func TestGoProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in a short test: it builds a program for each processor")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\nfunc main() { println(1) }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for processor, want := range map[string]string{"amd64": "x64", "arm64": "arm64", "386": "x86"} {
		out := filepath.Join(dir, processor+".exe")
		cmd := exec.Command("go", "build", "-o", out, "main.go")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH="+processor, "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, text)
		}
		f := openFile(t, out)
		code, err := f.EntryCode()
		if f.Machine.String() != want || err != nil || Entropy(code) < 4.5 {
			t.Errorf("%s: machine %s, %v, %d bytes of code of %.2f bits per byte", processor, f.Machine, err, len(code), Entropy(code))
		}
		if hash, err := f.IMPHASH(); err != nil || hash == "" {
			t.Errorf("%s: IMPHASH %q, %v", processor, hash, err)
		}
		if !f.Compiled().IsZero() {
			t.Errorf("%s: compiled %s; Go writes none", processor, f.Compiled())
		}
	}
}

// A signature in the file is seen.
func TestSigned(t *testing.T) {
	needs(t, "x86_64-w64-mingw32-gcc", "osslsigncode", "openssl")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.c"), []byte("int main(void) { return 0; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"x86_64-w64-mingw32-gcc -o plain.exe p.c",
		"openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=Test -addext extendedKeyUsage=codeSigning",
		"osslsigncode sign -certs cert.pem -key key.pem -h sha256 -in plain.exe -out signed.exe",
	} {
		words := strings.Fields(line)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	plain, signed := openFile(t, filepath.Join(dir, "plain.exe")), openFile(t, filepath.Join(dir, "signed.exe"))
	if plain.HasSignature() || !signed.HasSignature() {
		t.Errorf("signed before: %t, after: %t", plain.HasSignature(), signed.HasSignature())
	}
}
