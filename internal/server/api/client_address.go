package api

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/pki"
)

// agentPort is where servers hear agents unless they were told otherwise.
const agentPort = 8444

// lookUpLimit is how long a name may take to be found.
const lookUpLimit = 2 * time.Second

type checkAddressInput struct {
	Body struct {
		Server string `json:"server" minLength:"1" maxLength:"300" doc:"the address that agents are to call; https:// and the port may be left out"`
	}
}

type checkAddressOutput struct {
	Body struct {
		OK        bool        `json:"ok" doc:"nothing speaks against it"`
		Server    string      `json:"server" doc:"the address as a client has it; empty where its form is wrong"`
		Host      string      `json:"host"`
		Port      int         `json:"port"`
		Covered   bool        `json:"covered" doc:"the server's certificate is for this host"`
		Resolves  bool        `json:"resolves" doc:"the server finds an address of this host; stations may know others"`
		Addresses []string    `json:"addresses" doc:"that it finds"`
		Problem   *fault.Text `json:"problem,omitempty" doc:"what speaks against it; a client can be made all the same where server is not empty"`
	}
}

// checkClientAddress says what can be said of an address without calling it.
func (a *API) checkClientAddress(ctx context.Context, in *checkAddressInput) (*checkAddressOutput, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	out := &checkAddressOutput{}
	b := &out.Body
	b.Addresses = []string{}
	address, err := a.parseAddress(in.Body.Server)
	if err != nil {
		b.Problem = textOf(err)
		return out, nil
	}
	b.Server, b.Host, b.Port = address.String(), address.host, address.port
	b.Covered = c.Names != nil && c.Names.Covers(b.Host)
	if b.Addresses, err = lookUp(ctx, b.Host); err != nil {
		return nil, err
	}
	b.Resolves = len(b.Addresses) > 0
	switch listens := a.clientServer(c).Port; {
	case pki.Loopback(b.Host):
		b.Problem = textOf(fault.Invalidf("%s means each station itself: give the name or the address by which stations reach this server", b.Host).Coded("client_address_loopback", "host"))
	case !b.Resolves:
		b.Problem = textOf(fault.Invalidf("the name %s is not found from this server: stations that do not find it cannot report", b.Host).Coded("client_address_unknown", "host"))
	case c.Names != nil && !b.Covered:
		b.Problem = textOf(fault.Invalidf("the server's certificate is not for %s: agents do not mind, browsers and installations by one line do; add the name", b.Host).Coded("client_address_uncovered", "host"))
	case listens != 0 && b.Port != listens:
		b.Problem = textOf(fault.Invalidf("this server hears agents on port %d, and not on %d: that is right only where something between them passes it on", listens, b.Port).Coded("client_address_port", "listens", "port"))
	}
	b.OK = b.Problem == nil
	return out, nil
}

// lookUp returns the addresses of a host, none if it has none or they do not come
// in time.
func lookUp(ctx context.Context, host string) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	limited, cancel := context.WithTimeout(ctx, lookUpLimit)
	defer cancel()
	list, err := net.DefaultResolver.LookupHost(limited, host)
	var failed *net.DNSError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	return listOf(list), ctx.Err()
}

// agentsAddress is where agents call.
type agentsAddress struct {
	host string
	port int
}

// String returns the address as a client has it.
func (a agentsAddress) String() string {
	return "https://" + net.JoinHostPort(a.host, strconv.Itoa(a.port))
}

// parseAddress reads an address as people write it.
func (a *API) parseAddress(text string) (agentsAddress, error) {
	wrong := func() error {
		return fault.Invalidf("%.100q is no address of a server; write it as in https://eljefe.example.org:%d", text, agentPort).Coded("client_address_form", "address", "port")
	}
	given := strings.TrimSpace(text)
	if !strings.Contains(given, "://") {
		if ip, err := netip.ParseAddr(given); err == nil && ip.Is6() {
			given = "[" + given + "]"
		}
		given = "https://" + given
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return agentsAddress{}, wrong()
	}
	host, err := pki.ParseName(u.Hostname())
	if err != nil {
		return agentsAddress{}, wrong()
	}
	address := agentsAddress{host: host, port: agentPort}
	if a.Agents != nil {
		if known, err := url.Parse(a.Agents.Address); err == nil && known.Port() != "" {
			address.port, _ = strconv.Atoi(known.Port()) // a port of our own
		}
	}
	if u.Port() != "" {
		if address.port, err = strconv.Atoi(u.Port()); err != nil || address.port < 1 || address.port > 65535 {
			return agentsAddress{}, wrong()
		}
	}
	return address, nil
}

type addNameInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"253" doc:"a host name or an address"`
	}
}

type namesOutput struct {
	Body struct {
		Names []ServerName `json:"names" doc:"what the server's certificate is for now"`
	}
}

func (a *API) addServerName(ctx context.Context, in *addNameInput) (*namesOutput, error) {
	return a.changeNames(ctx, "server-name.add", in.Body.Name, (*pki.ServerKeeper).AddName)
}

type removeNameInput struct {
	Name string `path:"name" maxLength:"253"`
}

func (a *API) removeServerName(ctx context.Context, in *removeNameInput) (*namesOutput, error) {
	return a.changeNames(ctx, "server-name.remove", in.Name, (*pki.ServerKeeper).RemoveName)
}

func (a *API) changeNames(ctx context.Context, action, name string, change func(*pki.ServerKeeper, string) error) (*namesOutput, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	if c.Names == nil {
		return nil, fault.New(fault.Unavailable, "the certificate is kept by a running server: ask it with --server").Coded("server_name_no_server")
	}
	switch err := change(c.Names, name); {
	case errors.Is(err, pki.ErrName):
		return nil, fault.Invalidf("%.100q is neither a host name nor an address, as in eljefe.example.org", name).Coded("server_name_form", "name")
	case errors.Is(err, pki.ErrManyNames):
		return nil, fault.New(fault.Conflict, "%d names were added already: remove those that nobody uses", pki.MostAddedNames).Coded("server_name_many", "most")
	case errors.Is(err, pki.ErrOwnName):
		return nil, fault.New(fault.Conflict, "%.100s was not added here: it is the machine's own, or was given with --name", name).Coded("server_name_own", "name")
	case errors.Is(err, pki.ErrNoName):
		return nil, fault.NotFoundf("the certificate is not for %.100s", name).Coded("server_name_unknown", "name")
	case err != nil:
		return nil, err
	}
	out := &namesOutput{}
	out.Body.Names = a.clientServer(c).Names
	return out, a.audit(ctx, action, name, nil)
}
