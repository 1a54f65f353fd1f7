package evtx

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

// xmlEvent is an event as Windows renders it. Elements are found by their name,
// not by where they stand, and whatever else there is does not matter.
type xmlEvent struct {
	System struct {
		Provider struct {
			Name string `xml:"Name,attr"`
		}
		EventID     uint16
		Version     uint8
		Level       uint8
		Task        uint16
		Opcode      uint8
		Keywords    xmlNumber
		TimeCreated struct {
			SystemTime string `xml:"SystemTime,attr"`
		}
		EventRecordID uint64
		Execution     struct {
			ProcessID uint32 `xml:"ProcessID,attr"`
			ThreadID  uint32 `xml:"ThreadID,attr"`
		}
		Channel  string
		Computer string
		Security struct {
			UserID string `xml:"UserID,attr"`
		}
	}
	EventData struct {
		Data []xmlData
	}
	UserData struct {
		Inner struct {
			Values []xmlElement `xml:",any"`
		} `xml:",any"`
	}
}

type xmlData struct {
	Name string `xml:"Name,attr"`
	Text string `xml:",chardata"`
}

type xmlElement struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

// xmlNumber is a number that may be written as hexadecimal.
type xmlNumber uint64

func (n *xmlNumber) UnmarshalText(text []byte) error {
	v, ok := parseNumber(strings.TrimSpace(string(text)))
	if !ok {
		return fmt.Errorf("%.40q is no number", text)
	}
	*n = xmlNumber(v)
	return nil
}

// FromXML reads one event in the XML that Windows' event log renders, as
// EvtRender returns it and wevtutil prints it, into the record that the same
// event has in a file. Process takes it on from there.
func FromXML(text string) (*Record, error) {
	var e xmlEvent
	if err := xml.Unmarshal([]byte(legal(text)), &e); err != nil {
		return nil, fmt.Errorf("read the XML of an event: %w", err)
	}
	s := &e.System
	if s.Provider.Name == "" || s.EventRecordID == 0 {
		return nil, fmt.Errorf("read the XML of an event: it names no provider, or has no number: %.80q", text)
	}
	r := &Record{
		Number: s.EventRecordID, RecordID: s.EventRecordID, Provider: s.Provider.Name, EventID: s.EventID, Version: s.Version,
		Level: s.Level, Task: s.Task, Opcode: s.Opcode, Keywords: uint64(s.Keywords), Channel: s.Channel, Computer: s.Computer,
		UserSID: s.Security.UserID, PID: s.Execution.ProcessID, TID: s.Execution.ThreadID,
	}
	r.Time, _ = time.Parse(time.RFC3339Nano, s.TimeCreated.SystemTime) // one without is Process' to refuse
	for _, v := range e.EventData.Data {
		if v.Name == "" {
			v.Name = "Data"
		}
		r.Data = append(r.Data, Value{v.Name, event.CleanText(v.Text)})
	}
	for _, v := range e.UserData.Inner.Values {
		r.Data = append(r.Data, Value{v.XMLName.Local, event.CleanText(v.Text)})
	}
	return r, nil
}

// reference is a character by its number.
var reference = regexp.MustCompile(`&#(x[0-9A-Fa-f]{1,8}|[0-9]{1,10});`)

// legal replaces by U+FFFD what XML forbids and Windows writes all the same:
// control characters in a command line must not hide a process.
func legal(text string) string {
	text = strings.Map(func(r rune) rune {
		if !inXML(r) {
			return utf8.RuneError
		}
		return r
	}, text)
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		n, err := strconv.ParseInt("0"+ref[2:len(ref)-1], 0, 64)
		if ref[2] != 'x' {
			n, err = strconv.ParseInt(ref[2:len(ref)-1], 10, 64)
		}
		if err != nil || n > unicode.MaxRune || !inXML(rune(n)) {
			return string(utf8.RuneError)
		}
		return ref
	})
}

func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}
