package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
	"weak"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
)

const (
	downloadPath    = "/api/v1/clients/downloads/"
	downloadLife    = 15 * time.Minute
	downloadFetches = 25   // for a room of stations; for more there is software distribution
	mostDownloads   = 1000 // that can be fetched at one time
	parallelBuilds  = 2    // each has a whole client in memory
)

// downloads are the clients that were made and can be fetched, by the random part
// of their addresses. A server that stops forgets them: they are made anew then.
type downloads struct {
	building chan struct{} // a place for each client that is being built

	mu     sync.Mutex
	byName map[string]*download
}

func newDownloads() *downloads {
	return &downloads{building: make(chan struct{}, parallelBuilds), byName: map[string]*download{}}
}

// download is what a client is built from, and what it has to be when it is.
type download struct {
	by       string // who made it
	fileName string
	origin   catalogue.Package
	document []byte // the configuration, sealed
	size     int64
	sha256   string

	expires time.Time
	left    int // times that it can be fetched

	mu    sync.Mutex
	built weak.Pointer[built] // shared by those who fetch it at the same time
}

type built struct{ content []byte }

// add builds the client once, to know what it will be, and returns its name.
func (l *downloads) add(ctx context.Context, d *download, g *installer.Generic, now time.Time) (string, error) {
	end, err := l.place(ctx)
	if err != nil {
		return "", err
	}
	content, err := d.build(g)
	end()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	d.size, d.sha256, d.expires, d.left = int64(len(content)), hex.EncodeToString(sum[:]), now.Add(downloadLife), downloadFetches

	raw := make([]byte, 32)
	rand.Read(raw) // never fails
	name := base64.RawURLEncoding.EncodeToString(raw)
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, old := range l.byName {
		if !old.expires.After(now) {
			delete(l.byName, name)
		}
	}
	if len(l.byName) >= mostDownloads {
		return "", fault.New(fault.TooMany, "%d clients wait to be fetched; try again in some minutes", mostDownloads).Coded("client_many", "most")
	}
	l.byName[name] = d
	return name, nil
}

// take returns a download that may be fetched, and counts it.
func (l *downloads) take(name string, now time.Time) *download {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.byName[name]
	if d == nil || !d.expires.After(now) || d.left == 0 {
		return nil
	}
	d.left--
	return d
}

// place waits until one more client may be built, and returns what ends that.
func (l *downloads) place(ctx context.Context) (end func(), err error) {
	select {
	case l.building <- struct{}{}:
		return func() { <-l.building }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *download) build(g *installer.Generic) ([]byte, error) {
	var client bytes.Buffer
	if err := g.WriteSealed(&client, d.document); err != nil {
		return nil, err
	}
	return client.Bytes(), nil
}

// content returns the client, which is built where nobody else is fetching it.
func (l *downloads) content(ctx context.Context, d *download, c *catalogue.Catalogue) (*built, error) {
	end, err := l.place(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.built.Value(); b != nil {
		return b, nil
	}
	changed := fault.New(fault.Conflict, "the program that %s is made from was changed since: make the client anew", d.fileName).Coded("client_download_changed", "file")
	now, err := c.ByID(d.origin.ID())
	if fault.KindOf(err) == fault.NotFound || err == nil && now.SHA256 != d.origin.SHA256 {
		return nil, changed
	}
	if err != nil {
		return nil, err
	}
	g, err := c.Generic(now)
	if err != nil {
		return nil, err
	}
	content, err := d.build(g)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != d.sha256 {
		return nil, changed
	}
	b := &built{content: content}
	d.built = weak.Make(b)
	return b, nil
}

type fetchClientInput struct {
	From
	Name string `path:"name" maxLength:"64"`
}

// fetchClient answers whoever knows the address of a client: the browser in which
// it was made, and stations that install it by one line.
func (a *API) fetchClient(ctx context.Context, in *fetchClientInput) (*huma.StreamResponse, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	d := a.downloads.take(in.Name, a.Now())
	if d == nil {
		return nil, fault.NotFoundf("there is no such client, or none any more: it can be fetched for %d minutes, %d times, and until the server stops; make it anew on the page (Client)",
			int(downloadLife.Minutes()), downloadFetches).Coded("client_download_gone", "minutes", "most")
	}
	b, err := a.downloads.content(ctx, d, c.Catalogue)
	if err != nil {
		return nil, err
	}
	if err := a.Store.Audit(ctx, d.by, "client.download", d.fileName, map[string]any{"from": in.address, "sha256": d.sha256}); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", mediaTypes[d.origin.Format])
		hc.SetHeader("Content-Length", strconv.Itoa(len(b.content)))
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, d.fileName))
		_, _ = hc.BodyWriter().Write(b.content) // if it does not arrive, the caller sees by its length
	}}, nil
}

var mediaTypes = map[installer.Format]string{
	installer.Program: "application/vnd.microsoft.portable-executable",
	installer.MSI:     "application/x-msi",
	installer.Debian:  "application/vnd.debian.binary-package",
	installer.Archive: "application/gzip",
}

// clientAnswer says that the answer is a file.
func clientAnswer(op *huma.Operation) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	content := map[string]*huma.MediaType{}
	for _, t := range mediaTypes {
		content[t] = binary
	}
	op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusOK): {Description: "The client, as a file to keep.", Content: content}}
}
