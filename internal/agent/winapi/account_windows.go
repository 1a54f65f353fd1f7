package winapi

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/windows"
)

// AccountName returns the account that has the SID, as DOMAIN\name. Windows may ask
// a domain controller, which can take as long as the network likes. The error is
// fs.ErrNotExist where nobody knows the SID, as after an account was removed.
func AccountName(sid string) (string, error) {
	parsed, err := windows.StringToSid(sid)
	if err != nil {
		return "", fmt.Errorf("look up the account %.80q: %w", sid, err)
	}
	name, domain, _, err := parsed.LookupAccount("")
	if errors.Is(err, windows.ERROR_NONE_MAPPED) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return "", fmt.Errorf("look up the account %s: %w", sid, err)
	}
	if domain == "" {
		return name, nil
	}
	return domain + `\` + name, nil
}
