package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// MostAddedNames bounds how many names can be added to the server's certificate.
const MostAddedNames = 50

// What AddName and RemoveName refuse.
var (
	ErrName      = errors.New("this is neither a host name nor an address")
	ErrManyNames = fmt.Errorf("the certificate has as many added names as it may, %d", MostAddedNames)
	ErrOwnName   = errors.New("the name is the machine's own, or one that the server was started with")
	ErrNoName    = errors.New("the certificate does not have this name")
)

// ParseName returns a host name or an address as a certificate has it: lower case,
// no dot at the end, no brackets around an address.
func ParseName(name string) (string, error) {
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")); err == nil && ip.Zone() == "" {
		return ip.Unmap().String(), nil
	}
	if len(name) > 253 {
		return "", ErrName
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notInName) {
			return "", ErrName
		}
	}
	// What is all digits and dots would be taken for an address, and is none.
	if last := name[strings.LastIndexByte(name, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return "", ErrName
	}
	return name, nil
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// Name is a host name or an address in the server's certificate.
type Name struct {
	Name  string
	Added bool // by AddName; RemoveName takes it away again
}

// Names returns what the certificate is for, ServerName aside.
func (k *ServerKeeper) Names() []Name {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []Name
	for _, n := range k.own {
		if !slices.ContainsFunc(names, func(known Name) bool { return known.Name == n }) {
			names = append(names, Name{Name: n})
		}
	}
	for _, n := range k.added {
		names = append(names, Name{Name: n, Added: true})
	}
	return names
}

// Covers tells whether the certificate is for a host name or an address.
func (k *ServerKeeper) Covers(host string) bool {
	return k.current.Load().Leaf.VerifyHostname(host) == nil
}

// AddName makes the certificate be for one more name from now on, and after a
// restart too. A name that it has already is left as it is.
func (k *ServerKeeper) AddName(name string) error {
	name, err := ParseName(name)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Covers(name) {
		return nil
	}
	if len(k.added) >= MostAddedNames {
		return ErrManyNames
	}
	return k.change(append(slices.Clone(k.added), name))
}

// RemoveName takes away a name that was added.
func (k *ServerKeeper) RemoveName(name string) error {
	name, err := ParseName(name)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.added, name); i >= 0 {
		return k.change(slices.Delete(slices.Clone(k.added), i, i+1))
	}
	if k.Covers(name) {
		return ErrOwnName
	}
	return ErrNoName
}

// change has a certificate made for other names, and keeps them. The file comes
// first: what the certificate then lacks, the next start gives it.
func (k *ServerKeeper) change(added []string) error {
	if err := k.authority.keepNames(added); err != nil {
		return err
	}
	k.added = added
	cert, key, err := k.authority.issueServer(slices.Concat([]string{ServerName}, k.own, added))
	if err != nil {
		return err
	}
	k.current.Store(k.authority.chain(cert, key))
	return nil
}

// namesFile has the names that were added, one on each line.
const namesFile = "server-names"

func (a *Authority) addedNames() ([]string, error) {
	raw, err := os.ReadFile(a.path(namesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the names of the server's certificate: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(raw)) {
		name, err := ParseName(line)
		if err != nil {
			return nil, fmt.Errorf("read the names of the server's certificate: %q in %s: %w", strings.TrimSpace(line), a.path(namesFile), err)
		}
		names = append(names, name)
	}
	return names, nil
}

func (a *Authority) keepNames(names []string) error {
	text := ""
	for _, n := range names {
		text += n + "\n"
	}
	temporary := a.path(namesFile + ".new")
	if err := os.WriteFile(temporary, []byte(text), 0o644); err != nil {
		return fmt.Errorf("keep the names of the server's certificate: %w", err)
	}
	if err := os.Rename(temporary, a.path(namesFile)); err != nil {
		return fmt.Errorf("keep the names of the server's certificate: %w", err)
	}
	return nil
}

// Loopback tells whether a host name or an address means the machine itself,
// wherever it is asked.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
