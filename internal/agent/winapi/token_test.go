package winapi

import (
	"encoding/binary"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
)

// privileges returns TOKEN_PRIVILEGES of numbers and attributes.
func privileges(pairs ...uint32) []byte {
	raw := binary.LittleEndian.AppendUint32(nil, uint32(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		for _, v := range []uint32{pairs[i], 0, pairs[i+1]} {
			raw = binary.LittleEndian.AppendUint32(raw, v)
		}
	}
	return raw
}

func TestPrivileges(t *testing.T) {
	raw := privileges(20, 3, 23, 1, 19, 0, 29, 2, 8, 4, 70, 3)
	var token Token
	if !token.parsePrivileges(raw) {
		t.Fatal("the list was not taken")
	}
	// 8 was removed, and 70 is no privilege of Windows.
	want := Token{Enabled: 1<<20 | 1<<29, Default: 1<<20 | 1<<23, Present: 1<<20 | 1<<23 | 1<<19 | 1<<29}
	if token != want {
		t.Errorf("got %+v; want %+v", token, want)
	}
	var none Token
	if !none.parsePrivileges(privileges()) || none != (Token{}) {
		t.Errorf("an empty list gives %+v", none)
	}
	for n := range raw {
		if new(Token).parsePrivileges(raw[:n]) {
			t.Errorf("%d of %d bytes were taken", n, len(raw))
		}
	}
}

func TestLogon(t *testing.T) {
	raw := make([]byte, 56) // TOKEN_STATISTICS
	binary.LittleEndian.PutUint64(raw, 0x111)
	binary.LittleEndian.PutUint64(raw[8:], 0x1_0003e7)
	var token Token
	if token.parseStatistics(raw); token.LogonID != 0x1_0003e7 {
		t.Errorf("the logon is %#x", token.LogonID)
	}
	var none Token
	if none.parseStatistics(raw[:15]); none.LogonID != 0 {
		t.Errorf("of an answer that is cut the logon is %#x", none.LogonID)
	}
}

// What the event says of the start stays; what only the token knows is added.
func TestApplyToken(t *testing.T) {
	yes, no, one, two := true, false, uint32(1), uint32(2)
	token := &Token{
		UserSID: "S-1-5-18", LogonID: 0x3e7, Session: &one, Integrity: event.System, Elevation: event.ElevationDefault, Elevated: &yes,
		AppContainer: true, Enabled: 1 << 20, Default: 1 << 21, Present: 1<<20 | 1<<21,
	}
	var bare event.Process
	token.Apply(&bare)
	if bare.UserSID != "S-1-5-18" || bare.LogonID != 0x3e7 || *bare.Session != 1 || bare.Integrity != event.System || bare.Elevation != event.ElevationDefault ||
		!*bare.Elevated || !bare.AppContainer || *bare.Privileges != 1<<20 || *bare.PrivilegesDefault != 1<<21 || *bare.PrivilegesPresent != 1<<20|1<<21 {
		t.Errorf("got %+v", bare)
	}
	said := event.Process{UserSID: "S-1-5-21-1", LogonID: 9, Session: &two, Integrity: event.Low, Elevation: event.ElevationLimited, Elevated: &no}
	token.Apply(&said)
	if said.UserSID != "S-1-5-21-1" || said.LogonID != 9 || *said.Session != 2 || said.Integrity != event.Low || said.Elevation != event.ElevationLimited || *said.Elevated || said.Privileges == nil {
		t.Errorf("got %+v; want what the event said, and the privileges", said)
	}
}
