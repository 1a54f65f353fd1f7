package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// FirstUser is the name of the first administrator.
const FirstUser = "admin"

// passwordFile keeps the first administrator's one-time password, so that a
// second start can show it again. The first start after it has been changed
// removes it.
const passwordFile = "first-password"

// firstAdministrator makes the first administrator of a new database. It
// returns the one-time password while that still opens the page, "" after.
func firstAdministrator(ctx context.Context, db *store.Store, dir string) (string, error) {
	path := filepath.Join(dir, passwordFile)
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the first password: %w", err)
	}
	password := strings.TrimSpace(string(kept))
	if password == "" {
		// Written before the user is added: a password that nobody has seen would lock everybody out.
		password = auth.OneTimePassword()
		if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("keep the first password: %w", err)
		}
	}
	added, err := db.AddFirstUser(ctx, store.User{
		Name: FirstUser, Role: auth.Administrator, PasswordHash: auth.HashPassword(password), MustChangePassword: true,
	})
	if err != nil {
		return "", fmt.Errorf("make the first administrator: %w", err)
	}
	if added {
		return password, nil
	}
	user, err := db.UserByName(ctx, FirstUser)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	if err == nil && user.MustChangePassword && auth.CheckPassword(user.PasswordHash, password) {
		return password, nil
	}
	if err := os.Remove(path); err != nil {
		return "", fmt.Errorf("remove the first password, which is of no use any more: %w", err)
	}
	return "", nil
}

// announcement is what the server tells whoever started it.
type announcement struct {
	address, password, authority string
	agents                       string // "": there is no listener for them
	thisMachine                  string // command that adds it as a station; "": none
	demo                         bool
}

func (a announcement) print(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  El Jefe is at  %s\n", a.address)
	if a.password != "" {
		fmt.Fprintf(&b, "  Log in as      %s\n  Password       %s   (to be changed at the first log-in)\n", FirstUser, a.password)
	} else {
		fmt.Fprintf(&b, "  Log in with your password; \"eljefe user reset-password NAME\" makes a new one.\n")
	}
	if a.demo {
		b.WriteString("  Showing the demo: an invented office, and an intrusion in it. \"eljefe demo remove\" removes it.\n")
	}
	if a.agents != "" {
		fmt.Fprintf(&b, "  For agents     %s\n", a.agents)
	}
	if a.thisMachine != "" {
		fmt.Fprintf(&b, "  To see what runs on this machine too (until you stop it, with Ctrl-C):\n      %s\n", a.thisMachine)
	}
	fmt.Fprintf(&b, "  The certificate is signed by El Jefe's own authority, SHA-256 %s:\n  your browser will ask once whether to trust it.\n\n", a.authority)
	// Nobody may be reading; the server runs all the same.
	_, _ = io.WriteString(w, b.String())
}
