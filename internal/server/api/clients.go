package api

import (
	"context"
	"net/url"
	"strconv"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
)

// Clients is what clients are made with.
type Clients struct {
	Catalogue *catalogue.Catalogue
	Authority ClientAuthority
	Names     *pki.ServerKeeper // of the server's certificate; nil for the commands that run beside a server
}

// ClientAuthority signs what is in a client; *pki.Authority does.
type ClientAuthority interface {
	tag.Authority
	Fingerprint() string
}

// ClientPackage is a kind of client that can be made.
type ClientPackage struct {
	ID      string      `json:"id" doc:"as in windows-amd64-exe"`
	Format  string      `json:"format" enum:"exe,msi,deb,tar"`
	System  string      `json:"system" enum:"windows,linux"`
	Arch    string      `json:"arch" enum:"amd64,arm64"`
	Version string      `json:"version" doc:"of the agent in it"`
	Size    int64       `json:"size" doc:"bytes of the program or package that clients are made from"`
	Signed  bool        `json:"signed" doc:"it has a signature for code, by the operator's own key"`
	Signer  string      `json:"signer,omitempty" doc:"name in the certificate by which it is signed"`
	Source  string      `json:"source" enum:"carried,signed" doc:"carried: built into this server; signed: put into its data directory by eljefe client sign"`
	Note    *fault.Text `json:"note,omitempty" doc:"why it is this one that is offered, where there is another"`
}

func clientPackageJSON(p *catalogue.Package) ClientPackage {
	j := ClientPackage{
		ID: p.ID(), Format: string(p.Format), System: p.Format.System(), Arch: p.Arch, Version: p.Version, Size: p.Size,
		Signed: p.Signer != "", Signer: p.Signer, Source: string(p.Source),
	}
	if p.Note.Message != "" {
		j.Note = &p.Note
	}
	return j
}

// ServerName is a host name or an address in the server's certificate.
type ServerName struct {
	Name  string `json:"name"`
	Added bool   `json:"added" doc:"by a person, who can remove it; the others are the machine's own, or were given with --name"`
}

// ClientServer says where agents reach this server.
type ClientServer struct {
	Address   string       `json:"address" doc:"as this server supposes: https://host:port"`
	Host      string       `json:"host"`
	Port      int          `json:"port"`
	Listening bool         `json:"listening" doc:"false: this server hears no agents"`
	Names     []ServerName `json:"names" doc:"what its certificate is for"`
}

// ClientSensors are the sources of events that can be chosen, the best first.
type ClientSensors struct {
	Windows []event.Sensor `json:"windows"`
	Linux   []event.Sensor `json:"linux"`
}

// ClientLimits bound what can be chosen.
type ClientLimits struct {
	SpoolLeast      int64 `json:"spool_least" doc:"bytes"`
	SpoolMost       int64 `json:"spool_most" doc:"bytes"`
	DownloadMinutes int   `json:"download_minutes" doc:"how long a client can be fetched after it was made"`
	DownloadFetches int   `json:"download_fetches" doc:"how often"`
}

type clientsOutput struct {
	Body struct {
		Version   string          `json:"version" doc:"of this server"`
		Carried   bool            `json:"carried" doc:"this server was built with clients"`
		WhyNot    *fault.Text     `json:"why_not,omitempty" doc:"why no client can be made; absent: some can"`
		Notes     []fault.Text    `json:"notes" doc:"what else is to be said, as that a format was not built"`
		Packages  []ClientPackage `json:"packages"`
		Server    ClientServer    `json:"server"`
		Authority string          `json:"authority" doc:"SHA-256 of the authority's certificate, in hexadecimal"`
		Sensors   ClientSensors   `json:"sensors"`
		Limits    ClientLimits    `json:"limits"`
		Password  bool            `json:"password" doc:"making a client takes the caller's password; a token needs none"`
	}
}

func (a *API) listClients(ctx context.Context, _ *struct{}) (*clientsOutput, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	offer, err := c.Catalogue.Offer()
	if err != nil {
		return nil, err
	}
	out := &clientsOutput{}
	b := &out.Body
	b.Version, b.Carried, b.Authority, b.Notes, b.Packages = a.Version, offer.Carried, c.Authority.Fingerprint(), []fault.Text{}, make([]ClientPackage, len(offer.Packages))
	for i := range offer.Packages {
		b.Packages[i] = clientPackageJSON(&offer.Packages[i])
	}
	for _, format := range offer.Missing {
		b.Notes = append(b.Notes, fault.Sayf("this server was built without clients of the format %s: its tools were not installed", format).Coded("client_format_missing", "format").Text)
	}
	switch {
	case len(offer.Packages) == 0:
		b.WhyNot = textOf(catalogue.ErrNone())
	case a.Agents == nil && c.Names != nil:
		b.WhyNot = textOf(fault.New(fault.Unavailable, "this server hears no agents: it was started with --agent-listen=off").Coded("client_no_agents"))
	}
	b.Server = a.clientServer(c)
	b.Sensors = ClientSensors{Windows: tag.Sensors("windows"), Linux: tag.Sensors("linux")}
	b.Limits = ClientLimits{SpoolLeast: tag.LeastSpool, SpoolMost: tag.MostSpool, DownloadMinutes: int(downloadLife.Minutes()), DownloadFetches: downloadFetches}
	b.Password = caller(ctx).Session != nil
	return out, nil
}

func textOf(err error) *fault.Text {
	t := fault.TextOf(err)
	return &t
}

// clients returns what clients are made with.
func (a *API) clients() (*Clients, error) {
	if a.Clients == nil {
		return nil, fault.New(fault.Unavailable, "clients are made by a running server: ask it with --server").Coded("client_no_server")
	}
	return a.Clients, nil
}

func (a *API) clientServer(c *Clients) ClientServer {
	s := ClientServer{Names: []ServerName{}}
	if a.Agents != nil {
		s.Address, s.Listening = a.Agents.Address, true
		if u, err := url.Parse(s.Address); err == nil {
			s.Host = u.Hostname()
			s.Port, _ = strconv.Atoi(u.Port()) // 0 where it is missing
		}
	}
	if c.Names != nil {
		for _, n := range c.Names.Names() {
			s.Names = append(s.Names, ServerName(n))
		}
	}
	return s
}
