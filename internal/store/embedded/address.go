package embedded

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// address is where a server listens.
type address struct {
	host     string // a folder with a socket, or an IP address
	port     int
	password string // empty where the folder's rights are the guard
}

// url returns the address of a database. It sets all that the environment's
// PGHOST, PGPORT and their like could otherwise change.
func (a address) url(database string) string {
	query := url.Values{"host": {a.host}, "port": {strconv.Itoa(a.port)}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // to PostgreSQL a plus is a plus
	if a.password != "" {
		u.User = url.UserPassword(superuser, a.password)
	}
	return u.String()
}

// remember writes the address where Attach and the next start find it.
func (a address) remember(dir string) error {
	if err := replaceFile(filepath.Join(dir, "address"), a.url(database)+"\n", 0o600); err != nil {
		return fmt.Errorf("write the database's address: %w", err)
	}
	return nil
}

// forget removes what remember wrote and what newAddress made outside of dir.
func (a address) forget(dir string) {
	if a == (address{}) {
		return
	}
	// What stays is found, and used again or replaced, by the next start.
	_ = os.Remove(filepath.Join(dir, "address"))
	if filepath.Dir(a.host) != dir && strings.HasPrefix(filepath.Base(a.host), socketPrefix) {
		_ = os.Remove(a.host)
	}
}

// readAddress returns the address that remember wrote, or an error that is
// os.ErrNotExist if there is none.
func readAddress(dir string) (address, error) {
	text, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil {
		return address{}, fmt.Errorf("read the database's address: %w", err)
	}
	cfg, err := pgx.ParseConfig(strings.TrimSpace(string(text)))
	if err != nil {
		return address{}, errors.New("the file address in " + dir + " is damaged; remove it")
	}
	return address{host: cfg.Host, port: int(cfg.Port), password: cfg.Password}, nil
}
