package winapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/eljefe/eljefe/internal/event"
)

// tokenIsAppContainer is the class TokenIsAppContainer.
const tokenIsAppContainer = 29

// ReadToken reads the token of a process that is held; the handle needs no more
// than PROCESS_QUERY_LIMITED_INFORMATION. There is an error if the user or the
// privileges cannot be had: what else is missing the token does not say.
func ReadToken(process windows.Handle) (*Token, error) {
	var handle windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &handle); err != nil {
		return nil, fmt.Errorf("open the token of a process: %w", err)
	}
	defer handle.Close()
	t := new(Token)
	user, err := handle.GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("ask for the user of a token: %w", err)
	}
	t.UserSID = user.User.Sid.String()
	raw, err := tokenInfo(handle, windows.TokenPrivileges)
	if err != nil {
		return nil, fmt.Errorf("ask for the privileges of a token: %w", err)
	}
	if !t.parsePrivileges(raw) {
		return nil, fmt.Errorf("the privileges of a token have %d bytes, which is too few", len(raw))
	}
	if raw, err := tokenInfo(handle, windows.TokenStatistics); err == nil {
		t.parseStatistics(raw)
	}
	if session, ok := tokenNumber(handle, windows.TokenSessionId); ok {
		t.Session = &session
	}
	if kind, ok := tokenNumber(handle, windows.TokenElevationType); ok {
		t.Elevation = event.ElevationOf(kind)
	}
	if n, ok := tokenNumber(handle, windows.TokenElevation); ok {
		elevated := n != 0
		t.Elevated = &elevated
	}
	if n, ok := tokenNumber(handle, tokenIsAppContainer); ok {
		t.AppContainer = n != 0
	}
	if raw, err := tokenInfo(handle, windows.TokenIntegrityLevel); err == nil && len(raw) >= int(unsafe.Sizeof(windows.Tokenmandatorylabel{})) {
		// The label points at its SID, which is in the same answer.
		sid := (*windows.Tokenmandatorylabel)(unsafe.Pointer(&raw[0])).Label.Sid
		if n := sid.SubAuthorityCount(); sid.IsValid() && n > 0 {
			t.Integrity = event.IntegrityOf(sid.SubAuthority(uint32(n - 1)))
		}
	}
	return t, nil
}

// tokenInfo asks for a class of information whose answer has no fixed size.
func tokenInfo(t windows.Token, class uint32) ([]byte, error) {
	size := uint32(512)
	for {
		words := make([]uint64, (size+7)/8) // the answers have pointers in them
		raw := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
		var needed uint32
		err := windows.GetTokenInformation(t, class, &raw[0], uint32(len(raw)), &needed)
		if err == nil {
			return raw[:min(int(needed), len(raw))], nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || needed <= uint32(len(raw)) || needed > 1<<20 {
			return nil, err
		}
		size = needed
	}
}

// tokenNumber asks for a class that is one number.
func tokenNumber(t windows.Token, class uint32) (uint32, bool) {
	raw, err := tokenInfo(t, class)
	if err != nil || len(raw) < 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(raw), true
}
