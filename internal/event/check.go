package event

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on what one event may claim.
const (
	MaxCommandLine = 64 << 10 // bytes; Windows allows 32,767 UTF-16 units
	MaxPath        = 96 << 10 // bytes; NT paths have 32,767 UTF-16 units
	MaxText        = 4 << 10  // bytes of any other text
	MaxWord        = 1 << 10  // bytes of a text that one of our own sensors makes: an id, a list of names
)

// setBack is by how much a clock may have been set back while a process ran. Its
// end seems to come before its start then, and counts as the moment of the start.
const setBack = 12 * time.Hour

// Times outside these bounds are no times of a process on a Windows machine.
var (
	earliest = time.Date(1993, 7, 27, 0, 0, 0, 0, time.UTC) // Windows NT 3.1
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Check cleans the event's texts and says what is wrong with it, naming the
// field. An event that passes can be stored: its times are in bounds, its texts
// are valid UTF-8 without NUL, its hashes are hashes.
func (p *Process) Check() error {
	switch p.Kind {
	case Start, Running:
		if p.Started.IsZero() {
			p.Started = p.Time
		}
	case Stop:
	case "":
		return fmt.Errorf("kind is missing; it must be start, stop or running")
	default:
		return fmt.Errorf("kind %.40q is unknown; it must be start, stop or running", p.Kind)
	}
	for _, t := range []struct {
		name string
		at   *time.Time
	}{{"time", &p.Time}, {"started", &p.Started}, {"parent_started", &p.ParentStarted}} {
		if t.at.IsZero() && t.name != "time" {
			continue
		}
		if t.at.Before(earliest) || t.at.After(latest) {
			return fmt.Errorf("%s %s is outside %d to %d", t.name, t.at.UTC().Format(time.RFC3339), earliest.Year(), latest.Year())
		}
		*t.at = t.at.UTC()
	}
	if early := p.Started.Sub(p.Time); p.Kind == Stop && early > 0 && early <= setBack {
		p.Time = p.Started
	}
	if p.Kind == Stop && p.Started.After(p.Time) {
		return fmt.Errorf("the process ended at %s, before it started at %s", p.Time.Format(time.RFC3339Nano), p.Started.Format(time.RFC3339Nano))
	}
	for _, h := range []struct {
		name   string
		value  *string
		octets int
	}{{"sha256", &p.SHA256, 32}, {"sha1", &p.SHA1, 20}, {"md5", &p.MD5, 16}, {"imphash", &p.IMPHASH, 16}, {"entry_sha256", &p.EntrySHA256, 32}} {
		*h.value = strings.ToLower(*h.value)
		if *h.value != "" && (len(*h.value) != 2*h.octets || strings.ContainsFunc(*h.value, noDigit)) {
			return fmt.Errorf("%s %.80q is not %d hexadecimal digits", h.name, *h.value, 2*h.octets)
		}
	}
	for _, g := range []struct {
		name  string
		value *string
	}{{"process_guid", &p.ProcessGUID}, {"parent_process_guid", &p.ParentProcessGUID}, {"process_key", &p.ProcessKey}, {"parent_process_key", &p.ParentProcessKey}} {
		if *g.value == "" {
			continue
		}
		k, ok := ParseKey(*g.value)
		if !ok {
			return fmt.Errorf("%s %.80q is not a GUID", g.name, *g.value)
		}
		if text := k.text(); *g.value != string(text[:]) {
			*g.value = string(text[:])
		}
	}
	if err := p.checkFile(); err != nil {
		return err
	}
	return p.cleanTexts()
}

// checkFile looks at the figures of the image file. What a header claims as its
// time is any 32 bits that the linker wrote, often a digest; it must only be a time
// that such bits can be.
func (p *Process) checkFile() error {
	if e := p.EntropyEntry; e != nil {
		if !(*e >= 0 && *e <= 8) { // nor NaN
			return fmt.Errorf("entry_entropy %v is not between 0 and 8 bits per byte", *e)
		}
		*e = math.Round(*e*100) / 100
	}
	if p.Compiled.IsZero() {
		return nil
	}
	if at := p.Compiled.Unix(); at < 0 || at > math.MaxUint32 {
		return fmt.Errorf("compiled %s is outside 1970 to 2106", p.Compiled.UTC().Format(time.RFC3339))
	}
	p.Compiled = p.Compiled.UTC()
	return nil
}

func noDigit(r rune) bool {
	if r >= utf8.RuneSelf {
		return true
	}
	_, ok := digitOf(byte(r))
	return !ok
}

func (p *Process) cleanTexts() error {
	for _, t := range []struct {
		name  string
		value *string
		limit int
	}{
		{"command_line", &p.CommandLine, MaxCommandLine},
		{"parent_command_line", &p.ParentCommandLine, MaxCommandLine},
		{"image", &p.Image, MaxPath},
		{"parent_image", &p.ParentImage, MaxPath},
		{"grandparent_image", &p.GrandparentImage, MaxPath},
		{"current_directory", &p.CurrentDirectory, MaxPath},
		{"station", &p.Station, 256},
		{"source_file", &p.SourceFile, 1024},
		{"original_file_name", &p.OriginalFileName, MaxText},
		{"description", &p.Description, MaxText},
		{"product", &p.Product, MaxText},
		{"company", &p.Company, MaxText},
		{"file_version", &p.FileVersion, MaxText},
		{"signer", &p.Signer, MaxText},
		{"user", &p.User, MaxText},
		{"user_sid", &p.UserSID, MaxText},
		{"parent_user", &p.ParentUser, MaxText},
		{"package", &p.Package, MaxText},
		{"architecture", &p.Architecture, MaxWord},
		{"missing", &p.Missing, MaxWord},
		{"container", &p.Container, MaxWord},
		{"namespaces", &p.Namespaces, MaxWord},
	} {
		*t.value = CleanText(*t.value)
		if len(*t.value) > t.limit {
			return fmt.Errorf("%s has %d bytes; at most %d are taken", t.name, len(*t.value), t.limit)
		}
	}
	return nil
}

// CleanText makes s a text that every part of the system can carry: NUL becomes
// its picture U+2400, and bytes that are no UTF-8, as a lone UTF-16 surrogate
// gives them, become U+FFFD. Everything else stays: who shows it escapes it.
func CleanText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\u2400")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}
