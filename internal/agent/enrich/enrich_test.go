package enrich

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

// A station is a system of a test: files by their path, and what is asked about them.
type station struct {
	verdict  verdict
	asked    int           // for verdicts
	slow     time.Duration // what a verdict and an account take
	names    map[string]string
	lookedUp int
	marks    int // how many times a file changes, apart from its content, when one looks at it
}

// fail is a file that cannot be had.
var fail = map[string]error{
	"gone": fs.ErrNotExist, "denied": fs.ErrPermission, "uncertain": Changed, "over": Exited, "kernel": Unsupported, "odd": errors.New("odd"),
}

func (s *station) system() system {
	return system{
		byPath: true,
		open: func(p *event.Process, _ bool) (*os.File, identity, error) {
			if err := fail[p.Image]; err != nil {
				return nil, identity{}, err
			}
			f, err := os.Open(p.Image)
			if err != nil {
				return nil, identity{}, err
			}
			id, err := identifyByTime(f)
			return f, id, err
		},
		identify: func(f *os.File) (identity, error) {
			id, err := identifyByTime(f)
			if s.marks > 0 {
				s.marks--
				id.change = int64(s.marks)
			}
			return id, err
		},
		verify: func(*os.File) (verdict, error) {
			s.asked++
			time.Sleep(s.slow)
			if s.verdict.signer == "broken" {
				return verdict{}, errors.New("broken")
			}
			return s.verdict, nil
		},
		account: func(sid string) (string, error) {
			s.lookedUp++
			time.Sleep(s.slow)
			if s.names[sid] == "" {
				return "", fs.ErrNotExist
			}
			return s.names[sid], nil
		},
	}
}

func identifyByTime(f *os.File) (identity, error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	return identity{size: info.Size(), modified: info.ModTime().UnixNano()}, nil
}

// windowsProgram writes an executable of Windows that was there before the station's time.
func windowsProgram(t *testing.T, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "setup.exe")
	raw := specimen.Harmless(specimen.Info{CompanyName: "Adobe", OriginalFilename: "setup_x86.bin", ProductName: strings.Repeat("Flash ", 300)}, size)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	return path
}

func enrichOne(t *testing.T, e *Enricher, p event.Process) event.Process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if p.Started.IsZero() {
		p.Started = time.Unix(1.1e9, 0)
	}
	p.Kind = event.Start
	e.Enrich(ctx, []*event.Process{&p})
	if !p.Time.IsZero() {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
	return p
}

// All facts of an executable, and who signed it, and whose process it is.
func TestExecutable(t *testing.T) {
	s := &station{verdict: verdict{trusted: true, signer: "Adobe Inc."}, names: map[string]string{"S-1-5-18": `NT AUTHORITY\SYSTEM`}}
	e := newEnricher(Config{}, s.system())
	image := windowsProgram(t, 50<<10)
	p := enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-5-18", Time: time.Unix(1.1e9, 0)})
	if len(p.SHA256) != 64 || len(p.SHA1) != 40 || len(p.MD5) != 32 || len(p.IMPHASH) != 32 || p.FileSize == 0 || p.Architecture != "x86" ||
		p.Company != "Adobe" || p.OriginalFileName != "setup_x86.bin" || p.FileVersion != "1.0.0.0" || p.Compiled.IsZero() ||
		p.EntropyEntry == nil || *p.EntropyEntry >= 3 || len(p.EntrySHA256) != 64 ||
		p.Signed == nil || !*p.Signed || p.Signer != "Adobe Inc." || p.User != `NT AUTHORITY\SYSTEM` || p.Missing != "" || p.ImageMismatch {
		t.Errorf("got %+v", p)
	}
	if len(p.Product) != longestClaim {
		t.Errorf("the product has %d bytes; want the first %d", len(p.Product), longestClaim)
	}
	// What the sensor said stays.
	signed := false
	p = enrichOne(t, e, event.Process{Image: image, Company: "X", Architecture: "x64", User: "me", UserSID: "S-1-5-18", Signed: &signed})
	if p.Company != "X" || p.Architecture != "x64" || p.User != "me" || *p.Signed || p.SHA256 == "" {
		t.Errorf("got %+v", p)
	}
	// Of a sensor that hashes files too the hash tells which file it was.
	hash := p.SHA256
	if p = enrichOne(t, e, event.Process{Image: image, SHA256: strings.ToUpper(hash), MD5: "said"}); p.SHA256 != hash || p.IMPHASH == "" || p.Missing != "" {
		t.Errorf("a hash that is right: got %q, IMPHASH %q, missing %q", p.SHA256, p.IMPHASH, p.Missing)
	}
	other := strings.Repeat("0", 64)
	if p = enrichOne(t, e, event.Process{Image: image, SHA256: other}); p.SHA256 != other || p.IMPHASH != "" || p.Missing != "signer=changed" {
		t.Errorf("a hash of another file: got %q, IMPHASH %q, missing %q", p.SHA256, p.IMPHASH, p.Missing)
	}
	if s.asked != 1 || s.lookedUp != 1 {
		t.Errorf("asked %d times for the signature and %d for the account", s.asked, s.lookedUp)
	}
}

// Each fact that is missing says why.
func TestMissing(t *testing.T) {
	image := windowsProgram(t, 50<<10)
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, longest+1); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.exe")
	raw := specimen.Harmless(specimen.Info{}, 50<<10)
	copy(raw[0x80+24:], "??")
	if err := os.WriteFile(damaged, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(damaged, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		p    event.Process
		want string
	}{
		{event.Process{Image: "gone"}, "hashes=gone signer=gone"},
		{event.Process{Image: "denied"}, "hashes=denied signer=denied"},
		{event.Process{Image: "uncertain"}, "hashes=changed signer=changed"},
		{event.Process{Image: "over", Missing: "privileges=exited"}, "hashes=exited privileges=exited signer=exited"},
		{event.Process{Image: "kernel", UserSID: "S-1-2"}, "hashes=unsupported signer=unsupported user=gone"},
		{event.Process{Image: "odd", Missing: "signer=denied"}, "hashes=failed signer=denied"},
		{event.Process{Image: large, Started: time.Now().Add(time.Minute)}, "hashes=too_big signer=too_big"},
		{event.Process{Image: damaged}, "pe=failed"},
		{event.Process{Image: image, Started: time.Unix(1e9-1, 0)}, "hashes=changed signer=changed"},
		{event.Process{Image: image}, ""},
		{event.Process{}, ""},
	} {
		if p := enrichOne(t, newEnricher(Config{}, new(station).system()), test.p); p.Missing != test.want || (p.SHA256 == "") != (test.p.Image == "" || strings.Contains(test.want, "hashes")) {
			t.Errorf("%s: missing %q, SHA-256 %q; want %q", test.p.Image, p.Missing, p.SHA256, test.want)
		}
	}
	p := enrichOne(t, newEnricher(Config{}, (&station{verdict: verdict{signer: "broken"}}).system()), event.Process{Image: image})
	if p.Missing != "signer=failed" || p.Signed != nil || p.SHA256 == "" {
		t.Errorf("a verdict that failed: missing %q, signed %v", p.Missing, p.Signed)
	}
}

// What the kernel loaded tells whether the file is the one, also against its times.
func TestLoaded(t *testing.T) {
	image := windowsProgram(t, 50<<10)
	const stamp = 0x4b1a2c00
	for _, test := range []struct {
		name            string
		stamp, checksum uint32
		told            bool
		started         int64
		mismatch        bool
		missing         string
	}{
		{"the same", stamp, 0, true, 1.1e9, false, ""},
		{"the same, touched afterwards", stamp, 0, true, 1e9 - 1, false, ""},
		{"another time stamp", stamp + 1, 0, true, 1.1e9, true, ""},
		{"another checksum", stamp, 7, true, 1.1e9, true, ""},
		{"not told", 0, 0, false, 1.1e9, false, ""},
		{"not told, written afterwards", 0, 0, false, 1e9 - 1, false, "hashes=changed signer=changed"},
	} {
		e := newEnricher(Config{Loaded: func(*event.Process) (uint32, uint32, bool) { return test.stamp, test.checksum, test.told }}, new(station).system())
		p := enrichOne(t, e, event.Process{Image: image, Started: time.Unix(test.started, 0)})
		if p.ImageMismatch != test.mismatch || p.Missing != test.missing || (p.SHA256 == "") != (test.missing != "") {
			t.Errorf("%s: mismatch %t, missing %q, SHA-256 %q", test.name, p.ImageMismatch, p.Missing, p.SHA256)
		}
	}
	// A time to come is none of the start.
	if err := os.Chtimes(image, time.Time{}, time.Now().AddDate(50, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if p := enrichOne(t, newEnricher(Config{}, new(station).system()), event.Process{Image: image}); p.SHA256 == "" {
		t.Errorf("a file from the future: missing %q", p.Missing)
	}
}

// Nobody waits longer than the time there is; what comes later is there for the next
// start. Verdicts and names are asked for again after a while.
func TestSlow(t *testing.T) {
	image := windowsProgram(t, 50<<10)
	synctest.Test(t, func(t *testing.T) {
		s := &station{slow: time.Minute, names: map[string]string{"S-1-1": "one"}}
		e := newEnricher(Config{}, s.system())
		began := time.Now()
		p := enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-1"})
		if waited := time.Since(began); waited != 2*time.Second || p.Missing != "signer=busy user=busy" || p.SHA256 == "" {
			t.Errorf("after %s: missing %q, SHA-256 %q; want the hashes, and the others busy", waited, p.Missing, p.SHA256)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		s.slow = 0
		if p = enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-1"}); p.Missing != "" || p.User != "one" || *p.Signed || s.asked != 1 || s.lookedUp != 1 {
			t.Errorf("later: missing %q, user %q, signed %t, after asking %d and %d times", p.Missing, p.User, *p.Signed, s.asked, s.lookedUp)
		}
		synctest.Wait()
		s.verdict, s.names["S-1-1"] = verdict{trusted: true, signer: "Microsoft Windows"}, "renamed"
		time.Sleep(poorFor)
		if p = enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-1"}); !*p.Signed || p.Signer != "Microsoft Windows" || p.User != "renamed" || s.asked != 2 {
			t.Errorf("after an hour: signed %t by %q, user %q, asked %d times", *p.Signed, p.Signer, p.User, s.asked)
		}
		time.Sleep(2 * poorFor)
		if enrichOne(t, e, event.Process{Image: image}); s.asked != 2 {
			t.Errorf("a good verdict was asked for again after %s", 2*poorFor)
		}
	})
}

// A file that gets a mark while it is read is read again, and not for ever.
func TestMarked(t *testing.T) {
	image := windowsProgram(t, 50<<10)
	for marks, want := range map[int]string{0: "", 1: "", 2: "", 9: "hashes=changed signer=changed"} {
		s := &station{marks: marks}
		p := enrichOne(t, newEnricher(Config{}, s.system()), event.Process{Image: image})
		if p.Missing != want || (p.SHA256 == "") != (want != "") {
			t.Errorf("%d marks: missing %q, SHA-256 %q; want %q", marks, p.Missing, p.SHA256, want)
		}
	}
	linux := (&station{marks: 2}).system()
	linux.byPath = false
	if p := enrichOne(t, newEnricher(Config{}, linux), event.Process{Image: image}); p.Missing != "hashes=changed signer=changed" {
		t.Errorf("where files may be written to: missing %q", p.Missing)
	}
}

// What there is too much of goes without, and is not kept open.
func TestTooMany(t *testing.T) {
	image := windowsProgram(t, 50<<10)
	e := newEnricher(Config{}, new(station).system())
	e.jobs = waiting
	p := event.Process{Kind: event.Start, Image: image, Started: time.Unix(1.1e9, 0)}
	if skipped := e.Enrich(t.Context(), []*event.Process{&p}); len(skipped) != 1 || p.Missing != "hashes=busy signer=busy" {
		t.Errorf("%d skipped, missing %q", len(skipped), p.Missing)
	}
	e.jobs, e.verdicts.jobs, e.accounts.jobs = 0, waiting, waiting
	p = enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-1"})
	if p.Missing != "signer=busy user=busy" || p.SHA256 == "" {
		t.Errorf("missing %q", p.Missing)
	}
	e.verdicts.jobs, e.accounts.jobs = 0, 0
	if p = enrichOne(t, e, event.Process{Image: image, UserSID: "S-1-1"}); p.Missing != "user=gone" || p.Signed == nil {
		t.Errorf("when there is room: missing %q", p.Missing)
	}
}

func TestReasons(t *testing.T) {
	for err, want := range map[error]Reason{
		&fs.PathError{Err: fs.ErrNotExist}: Gone, fs.ErrPermission: Denied, context.DeadlineExceeded: Busy, errors.ErrUnsupported: Unsupported,
		errors.Join(errors.New("x"), TooBig): TooBig, errors.New("x"): Failed,
	} {
		if got := ReasonOf(err); got != want {
			t.Errorf("%v is %s; want %s", err, got, want)
		}
	}
	var p event.Process
	Miss(&p, Gone, "b", "a")
	Miss(&p, Denied, "a", "ab")
	if want := "a=gone ab=denied b=gone"; p.Missing != want {
		t.Errorf("got %q; want %q", p.Missing, want)
	}
	if got := cut("aé", 2); got != "a" {
		t.Errorf("half a letter: %q", got)
	}
}
