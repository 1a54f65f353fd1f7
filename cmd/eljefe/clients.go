package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server"
	"github.com/eljefe/eljefe/internal/server/api"
)

// localClients is what a command on the server's machine makes clients with; nil
// where the server's authority is not on this machine.
func localClients(a *app) (*api.Clients, error) {
	keys := filepath.Join(a.DataDir, "keys")
	if !pki.Exists(keys) {
		return nil, nil
	}
	authority, err := pki.Open(keys)
	if err != nil {
		return nil, err
	}
	return &api.Clients{Catalogue: server.ClientCatalogue(a.carried, a.DataDir), Authority: authority}, nil
}

type clientBuild struct {
	remote
	Format     string   `env:"-" required:"" help:"What to make: ${enum}." enum:"exe,msi,deb,tar"`
	Arch       string   `env:"-" help:"For which processors: ${enum}." enum:"amd64,arm64" default:"amd64"`
	Address    string   `env:"-" help:"Address that its stations call; on another machine than the server's, as that one supposes." placeholder:"https://HOST:8444"`
	KeyID      int64    `env:"-" name:"key-id" help:"Number of the enrolment key with which its stations enrol, from \"eljefe client key list\"." placeholder:"N" xor:"key"`
	NewKey     string   `env:"-" help:"Name of a new enrolment key that is made for it." placeholder:"NAME" xor:"key"`
	Label      []string `env:"-" help:"Label that stations of the new key get; may be given several times." placeholder:"LABEL"`
	Uses       int      `env:"-" help:"How many stations the new key lets in; 0 for any number." default:"0"`
	Days       int      `env:"-" help:"Days until the new key expires; 0 for never." default:"0"`
	EndProcess bool     `env:"-" help:"The server may have processes of its stations ended."`
	Proxy      string   `env:"-" help:"Proxy that its stations use, or none." placeholder:"http://HOST:PORT"`
	Spool      int64    `env:"-" help:"MiB of events that may wait on a station; 0 for the agent's own limit." default:"0"`
	Sensor     string   `env:"-" help:"The only source of events that is tried." placeholder:"NAME"`
	Out        string   `env:"-" short:"o" help:"File to write, or a folder; otherwise here, under the client's own name." type:"path" placeholder:"FILE"`
}

// request returns the client as the API is asked for it.
func (c *clientBuild) request(now time.Time) (map[string]any, error) {
	in := map[string]any{"format": c.Format, "arch": c.Arch, "server": c.Address, "end_process": c.EndProcess}
	switch {
	case c.KeyID == 0 && c.NewKey == "":
		return nil, errors.New("say how its stations enrol: --key-id of a key that is there, or --new-key with a name")
	case c.Uses < 0 || c.Days < 0 || c.Spool < 0:
		return nil, errors.New("--uses, --days and --spool must not be negative")
	case c.KeyID != 0 && (c.Uses != 0 || c.Days != 0 || len(c.Label) > 0):
		return nil, errors.New("--uses, --days and --label are those of a new key; the key that is there has its own")
	case c.KeyID != 0:
		in["key_id"] = c.KeyID
	default:
		in["new_key"] = newKey(c.NewKey, c.Label, c.Uses, c.Days, now)
	}
	if c.Proxy != "" {
		in["proxy"] = c.Proxy
	}
	if c.Spool > 0 {
		in["spool_bytes"] = c.Spool << 20
	}
	if c.Sensor != "" {
		in["sensor"] = c.Sensor
	}
	return in, nil
}

// Run makes a client.
func (c *clientBuild) Run(ctx context.Context, a *app) error {
	in, err := c.request(time.Now())
	if err != nil {
		return err
	}
	return c.use(ctx, a, func(cl *client) error {
		if c.Address == "" {
			if in["server"], err = supposedAddress(ctx, cl); err != nil {
				return err
			}
		}
		var checked struct {
			Problem *struct {
				Message string `json:"message"`
			} `json:"problem"`
		}
		if err := cl.call(ctx, http.MethodPost, "/clients/check-address", nil, map[string]any{"server": in["server"]}, &checked); err != nil {
			return err
		}
		var made struct {
			Download string              `json:"download"`
			FileName string              `json:"file_name"`
			SHA256   string              `json:"sha256"`
			Server   string              `json:"server"`
			Key      api.EnrolmentKey    `json:"key"`
			Package  api.ClientPackage   `json:"package"`
			Commands []api.ClientCommand `json:"commands"`
		}
		if err := cl.call(ctx, http.MethodPost, "/clients", nil, in, &made); err != nil {
			return err
		}
		path := c.Out
		if info, err := os.Stat(path); path == "" || err == nil && info.IsDir() {
			path = filepath.Join(path, filepath.Base(made.FileName))
		}
		if err := cl.fetch(ctx, strings.TrimPrefix(made.Download, apiPath), path, made.SHA256); err != nil {
			return err
		}
		fmt.Fprintln(a.out, path)
		if checked.Problem != nil {
			fmt.Fprintf(a.err, "Note: %s.\n", cli.Printable(checked.Problem.Message))
		}
		signed := "It is not signed."
		if made.Package.Signed {
			signed = "Signed by " + made.Package.Signer + "."
		}
		fmt.Fprintf(a.err, "For stations of %s, with the enrolment key %d (%s). %s\n", made.Server, made.Key.ID, cli.Printable(made.Key.Name), cli.Printable(signed))
		for _, command := range made.Commands {
			if command.ID == "silent" {
				fmt.Fprintf(a.err, "To install it: %s\n", cli.Printable(command.Text))
			}
		}
		return nil
	})
}

// supposedAddress asks the server where agents reach it.
func supposedAddress(ctx context.Context, cl *client) (string, error) {
	var out struct {
		Server api.ClientServer `json:"server"`
	}
	if err := cl.call(ctx, http.MethodGet, "/clients", nil, nil, &out); err != nil {
		return "", err
	}
	if out.Server.Address == "" {
		return "", errors.New("say with --address where its stations reach the server, as in https://jefe.example:8444")
	}
	return out.Server.Address, nil
}

// fetch writes what is at a path of the API to a file, if it has the hash. It
// holds a secret: the file is for nobody else.
func (c *client) fetch(ctx context.Context, from, to, sum string) (err error) {
	res, err := c.do(ctx, http.MethodGet, from, nil, nil)
	if err != nil {
		return err
	}
	defer closeAfter(res.Body.Close, &err)
	file, err := os.CreateTemp(filepath.Dir(to), ".eljefe-client-")
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, hash), res.Body)
	err = errors.Join(err, file.Close())
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != sum {
		err = errors.New("what came is not the client that was made: the connection broke off; try again")
	}
	if err == nil {
		err = os.Rename(file.Name(), to)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("fetch the client: %w", err), os.Remove(file.Name()))
	}
	return nil
}
