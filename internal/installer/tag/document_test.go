package tag

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/pki"
)

func authority(t testing.TB) *pki.Authority {
	t.Helper()
	a, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func example() *Config {
	return &Config{
		Server: "https://eljefe.example.org:8444", EnrolmentKey: "ej-3k7m-9qpx", KeyExpires: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		Proxy: "http://proxy.example.org:3128", EndProcess: true, Sensor: event.SensorETW, SpoolBytes: 64 << 20,
		Made: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
	}
}

func seal(t testing.TB, c *Config, a Authority) []byte {
	t.Helper()
	document, err := Seal(c, a)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestSealOpen(t *testing.T) {
	a := authority(t)
	want := example()
	got, err := Open(seal(t, want, a))
	if err != nil {
		t.Fatal(err)
	}
	want.Authority = a.Fingerprint()
	if *got != *want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	document := seal(t, example(), authority(t))
	for i := range document {
		changed := slices.Clone(document)
		changed[i] ^= 0x20
		if _, err := Open(changed); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d changed: error %v; want that it is damaged", i, err)
		}
	}
	for n := 1; n < len(document); n++ {
		if _, err := Open(document[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: error %v; want that it is damaged", n, err)
		}
	}
	if _, err := Open(append(document, 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte more: error %v; want that it is damaged", err)
	}
	if _, err := Open(nil); !errors.Is(err, ErrNone) {
		t.Errorf("nothing: error %v; want that there is none", err)
	}
}

// sealText signs any text as if it were a configuration.
func sealText(t *testing.T, text string) []byte {
	t.Helper()
	a := authority(t)
	document := appendPart(appendPart([]byte{version}, a.DER()), []byte(text))
	signature, err := a.SignClient(document)
	if err != nil {
		t.Fatal(err)
	}
	return appendPart(document, signature)
}

// What a later version asks for is not left out silently, and what is signed is
// checked all the same.
func TestOpenChecksText(t *testing.T) {
	for text, want := range map[string]string{
		`{"server":"https://a:1","enrolment_key":"k","screenshots":true}`: "screenshots",
		`{"server":"https://a:1","enrolment_key":"k"}{}`:                  "something follows",
		`{"server":"http://a:1","enrolment_key":"k"}`:                     "https://",
		`{}`: "address",
	} {
		if _, err := Open(sealText(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want it to say %q", text, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string // in the error; "": none
	}{
		{"all", func(*Config) {}, ""},
		{"least", func(c *Config) { *c = Config{Server: c.Server, EnrolmentKey: c.EnrolmentKey} }, ""},
		{"no proxy", func(c *Config) { c.Proxy = "none" }, ""},
		{"no server", func(c *Config) { c.Server = "" }, "it must be https://"},
		{"not TLS", func(c *Config) { c.Server = "http://eljefe.example.org:8444" }, "it must be https://"},
		{"a path", func(c *Config) { c.Server += "/agent" }, "nothing may follow"},
		{"a password", func(c *Config) { c.Server = "https://me:secret@eljefe.example.org" }, "nothing may follow"},
		{"no key", func(c *Config) { c.EnrolmentKey = "" }, "enrolment key is missing"},
		{"a key of two lines", func(c *Config) { c.EnrolmentKey = "one\ntwo" }, "no enrolment key"},
		{"a proxy without a scheme", func(c *Config) { c.Proxy = "bob:secret@proxy:3128" }, "the proxy is no address"},
		{"a small spool", func(c *Config) { c.SpoolBytes = 1 << 20 }, "the spool has 1048576 bytes"},
		{"a sensor that does not exist", func(c *Config) { c.Sensor = "crystal ball" }, "unknown"},
		{"a sensor of another system", func(c *Config) { c.Sensor = event.SensorEBPF }, "does not exist on windows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := example()
			test.change(c)
			err := c.CheckFor("windows")
			if test.want == "" {
				if err != nil {
					t.Errorf("error %v; want none", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || fault.KindOf(err) != fault.Invalid {
				t.Errorf("error %v of kind %d; want one of kind Invalid that says %q", err, fault.KindOf(err), test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestCheckKey(t *testing.T) {
	c := example()
	if err := c.CheckKey(c.KeyExpires.Add(-time.Second)); err != nil {
		t.Errorf("before it expires: %v", err)
	}
	if err := c.CheckKey(c.KeyExpires); err == nil || !strings.Contains(err.Error(), "expired on 2026-12-01 00:00 UTC") {
		t.Errorf("when it has expired: error %v; want the date", err)
	}
	c.KeyExpires = time.Time{}
	if err := c.CheckKey(time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("a key without an end: %v", err)
	}
}

func TestSealRefusesWhatHasNoPlace(t *testing.T) {
	if _, err := Seal(example(), fatAuthority{authority(t)}); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("error %v; want one of kind TooLarge", err)
	}
	if _, err := fill(make([]byte, MaxDocument+1)); err == nil {
		t.Error("a document that is too long was put into a slot")
	}
}

// fatAuthority has a certificate that is longer than a slot.
type fatAuthority struct{ *pki.Authority }

func (fatAuthority) DER() []byte { return make([]byte, SlotSize) }

func TestSlot(t *testing.T) {
	document := bytes.Repeat([]byte{7}, MaxDocument)
	for _, n := range []int{1, 2, 1000, MaxDocument} {
		slot, err := fill(document[:n])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(slot); err != nil || !bytes.Equal(got, document[:n]) {
			t.Errorf("%d bytes: got %d bytes, %v", n, len(got), err)
		}
	}
	if _, err := read(EmptySlot()); !errors.Is(err, ErrNone) {
		t.Errorf("empty slot: error %v; want that there is none", err)
	}
	slot, err := fill(document[:100])
	if err != nil {
		t.Fatal(err)
	}
	for i := range slot {
		if i >= len(slotBegin)+2 && i < len(slotBegin)+2+100 {
			continue // the document checks itself
		}
		changed := slices.Clone(slot)
		changed[i] ^= 0x20
		if got, err := read(changed); err == nil && bytes.Equal(got, document[:100]) {
			t.Fatalf("byte %d changed, and nobody noticed", i)
		}
		if !looksLikeSlot(changed) {
			t.Fatalf("byte %d changed: it is taken for no slot at all", i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(seal(f, example(), authority(f)))
	f.Add([]byte{version, 0, 1, 0x30, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, document []byte) {
		if c, err := Open(document); err == nil && c.Check() != nil {
			t.Errorf("opened a configuration that is wrong: %+v", c)
		}
	})
}
