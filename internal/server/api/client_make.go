package api

import (
	"context"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

type makeClientInput struct {
	From
	Body struct {
		Package    string           `json:"package,omitempty" maxLength:"64" doc:"id of a package; or give format and arch"`
		Format     string           `json:"format,omitempty" enum:"exe,msi,deb,tar"`
		Arch       string           `json:"arch,omitempty" enum:"amd64,arm64"`
		Server     string           `json:"server" minLength:"1" maxLength:"300" doc:"the address that its stations call; https:// and the port may be left out"`
		KeyID      int64            `json:"key_id,omitempty" minimum:"1" doc:"an enrolment key that still lets stations in; the client gets a further secret of it"`
		NewKey     *NewEnrolmentKey `json:"new_key,omitempty" doc:"or a key that is made for this client"`
		EndProcess bool             `json:"end_process,omitempty" doc:"this server may have processes of its stations ended"`
		Proxy      string           `json:"proxy,omitempty" maxLength:"500" doc:"as in http://proxy.example.org:3128, or none; absent: as the station has it"`
		SpoolBytes int64            `json:"spool_bytes,omitempty" minimum:"0" doc:"bytes of events that wait on a station; absent: the agent's own limit"`
		Sensor     string           `json:"sensor,omitempty" maxLength:"40" doc:"the only source of events to try; absent: the best"`
		Password   string           `json:"password,omitempty" maxLength:"1024" doc:"the caller's own; a token needs none"`
	}
}

type makeClientOutput struct {
	Body struct {
		Download string          `json:"download" doc:"path of the file on this server. Whoever has it can fetch the file, without being logged in"`
		Expires  time.Time       `json:"expires" doc:"until when the file can be fetched"`
		Fetches  int             `json:"fetches" doc:"how often it can be fetched"`
		FileName string          `json:"file_name"`
		Size     int64           `json:"size" doc:"bytes"`
		SHA256   string          `json:"sha256"`
		Server   string          `json:"server" doc:"the address that its stations call"`
		Package  ClientPackage   `json:"package"`
		Key      EnrolmentKey    `json:"key" doc:"with which its stations enrol"`
		Secret   string          `json:"secret" doc:"of the key, in this client; shown once"`
		Commands []ClientCommand `json:"commands" doc:"by which it is installed"`
	}
}

// makeClient makes a client that needs nothing said when it is installed. The file
// itself is made when it is fetched.
func (a *API) makeClient(ctx context.Context, in *makeClientInput) (*makeClientOutput, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	if err := a.confirm(ctx, in.Body.Password, in.From); err != nil {
		return nil, err
	}
	p, err := in.pick(c.Catalogue)
	if err != nil {
		return nil, err
	}
	address, err := a.parseAddress(in.Body.Server)
	if err != nil {
		return nil, err
	}
	secret, hash := newEnrolmentKey()
	config := &tag.Config{
		Server: address.String(), EnrolmentKey: secret, Proxy: strings.TrimSpace(in.Body.Proxy), EndProcess: in.Body.EndProcess,
		Sensor: event.Sensor(in.Body.Sensor), SpoolBytes: in.Body.SpoolBytes, Made: a.Now().UTC().Truncate(time.Second),
	}
	generic, err := c.Catalogue.Generic(p)
	if err != nil {
		return nil, err
	}
	// What is wrong is found before a key is made for it, or given a secret.
	if _, err := generic.Seal(config, c.Authority); err != nil {
		return nil, err
	}
	key, err := in.key(ctx, a, hash)
	if err != nil {
		return nil, err
	}
	if key.Expires != nil {
		config.KeyExpires = *key.Expires
	}
	document, err := generic.Seal(config, c.Authority)
	if err != nil {
		return nil, err
	}
	d := &download{by: caller(ctx).User.Name, fileName: generic.FileName(), origin: *p, document: document}
	name, err := a.downloads.add(ctx, d, generic, a.Now())
	if err != nil {
		return nil, err
	}
	out := &makeClientOutput{}
	b := &out.Body
	b.Download, b.Expires, b.Fetches = downloadPath+name, d.expires.UTC(), d.left
	b.FileName, b.Size, b.SHA256, b.Server, b.Package, b.Key, b.Secret = d.fileName, d.size, d.sha256, config.Server, clientPackageJSON(p), *key, secret
	made := madeClient{format: p.Format, fileName: d.fileName, sha256: d.sha256, config: config, authority: c.Authority.Fingerprint()}
	if c.Names != nil { // a server that runs, from which stations can fetch it
		made.url = pageAddress(in.host, address.host) + b.Download
	}
	b.Commands = made.commands()
	return out, a.audit(ctx, "client.make", d.fileName, map[string]any{
		"package": p.ID(), "version": p.Version, "sha256": d.sha256, "server": config.Server, "key": key.ID, "key_name": key.Name,
		"end_process": config.EndProcess, "sensor": config.Sensor, "spool_bytes": config.SpoolBytes, "proxy": config.Proxy != "",
	})
}

// pick returns the package that is asked for.
func (in *makeClientInput) pick(c *catalogue.Catalogue) (*catalogue.Package, error) {
	b := &in.Body
	switch {
	case b.Package != "" && b.Format == "" && b.Arch == "":
		return c.ByID(b.Package)
	case b.Package == "" && b.Format != "" && b.Arch != "":
		return c.Find(installer.Format(b.Format), b.Arch)
	}
	return nil, fault.Invalidf("say which client is to be made: give package, or format and arch").Coded("client_which")
}

// key returns the key of the client's stations, which has the new secret.
func (in *makeClientInput) key(ctx context.Context, a *API, hash [32]byte) (*EnrolmentKey, error) {
	b := &in.Body
	switch {
	case b.KeyID != 0 && b.NewKey == nil:
		k, err := a.Store.AddEnrolmentSecret(ctx, b.KeyID, hash, caller(ctx).User.Name)
		if err != nil {
			return nil, err
		}
		j := enrolmentKeyJSON(k, a.Now())
		return &j, nil
	case b.KeyID == 0 && b.NewKey != nil:
		return a.makeKey(ctx, b.NewKey, hash)
	}
	return nil, fault.Invalidf("say how its stations enrol: give key_id of a key, or new_key").Coded("client_which_key")
}
