package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/server"
)

type clientSign struct {
	Certificates string   `env:"-" help:"The signer's certificate and those up to the root, in PEM." type:"existingfile" placeholder:"FILE" and:"pem"`
	Key          string   `env:"-" help:"The key of that certificate, in PEM." type:"existingfile" placeholder:"FILE" and:"pem"`
	PKCS12       string   `env:"-" name:"pkcs12" help:"Key and certificates in one file." type:"existingfile" placeholder:"FILE"`
	PasswordFile string   `env:"-" help:"File with the password of the key." type:"existingfile" placeholder:"FILE"`
	Timestamp    string   `env:"-" help:"Timestamp server (RFC 3161) that is asked; without one the signature ends with the certificate." placeholder:"URL"`
	Signed       []string `env:"-" help:"A file that was written by \"eljefe client export\" and signed elsewhere; may be given several times." type:"existingfile" placeholder:"FILE" sep:"none"`
}

// Run signs what the program carries, and puts it into the data directory.
func (c *clientSign) Run(ctx context.Context, a *app) error {
	own := c.Certificates != "" || c.Key != "" || c.PKCS12 != ""
	switch {
	case own == (len(c.Signed) > 0):
		return errors.New("give either a key to sign with (--pkcs12, or --certificates and --key), or files that were signed elsewhere (--signed)")
	case !own && (c.PasswordFile != "" || c.Timestamp != ""):
		return errors.New("--password-file and --timestamp are for signing here; files that were signed elsewhere are only taken")
	}
	catalogue := server.ClientCatalogue(a.carried, a.DataDir)
	keep := func(file []byte) error {
		p, err := catalogue.Keep(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s, version %s, signed by %s\n", p.ID(), p.Version, cli.Printable(p.Signer))
		return nil
	}
	for _, name := range c.Signed {
		file, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := keep(file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if own {
		list, err := catalogue.Bare()
		if err != nil {
			return err
		}
		signer := installer.Signer{Certificates: c.Certificates, Key: c.Key, PKCS12: c.PKCS12, PasswordFile: c.PasswordFile, Timestamp: c.Timestamp}
		for i := range list {
			signed, err := signer.Sign(ctx, list[i].Content)
			if err == nil {
				err = keep(signed)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", list[i].FileName(), err)
			}
		}
	}
	fmt.Fprintln(a.err, "A server that carries the same version offers these from now on, without a restart.")
	return nil
}

type clientExport struct {
	To string `arg:"" help:"Folder to write to; it is made if it is missing." type:"path" placeholder:"FOLDER"`
}

// Run writes what the program carries for Windows.
func (c *clientExport) Run(a *app) error {
	list, err := server.ClientCatalogue(a.carried, a.DataDir).Bare()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.To, 0o755); err != nil {
		return err
	}
	for i := range list {
		path := filepath.Join(c.To, list[i].FileName())
		if err := os.WriteFile(path, list[i].Content, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(a.out, path)
	}
	fmt.Fprintln(a.err, "Sign them, and bring them back with: eljefe client sign --signed FILE")
	return nil
}
