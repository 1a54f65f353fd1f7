package api

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// StoredFile is a file that was fetched from a station.
type StoredFile struct {
	SHA256   string       `json:"sha256"`
	Bytes    int64        `json:"bytes"`
	Stored   int64        `json:"stored" doc:"bytes that it takes here, compressed"`
	Station  *StationName `json:"station,omitempty" doc:"it came from; absent: that is not there any more"`
	Received time.Time    `json:"received"`
	Task     int64        `json:"task,omitempty" doc:"that fetched it"`
}

// FileInput names a file.
type FileInput struct {
	SHA256 string `path:"sha256" minLength:"64" maxLength:"64" pattern:"^[0-9a-fA-F]*$" patternDescription:"hexadecimal digits"`
}

func (in *FileInput) hash() (sum [32]byte, err error) {
	if n, err := hex.Decode(sum[:], []byte(in.SHA256)); err != nil || n != len(sum) {
		return sum, fault.Invalidf("%.80q is not a SHA-256 of 64 hexadecimal digits", in.SHA256).Coded("not_sha256", "text")
	}
	return sum, nil
}

type fileOutput struct {
	Body StoredFile
}

func (a *API) getFile(ctx context.Context, in *FileInput) (*fileOutput, error) {
	f, err := a.storedFile(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &fileOutput{Body: StoredFile{SHA256: hex.EncodeToString(f.SHA256[:]), Bytes: f.Bytes, Stored: f.Stored, Received: f.Received.UTC(), Task: f.Task}}
	if f.Station == 0 {
		return out, nil
	}
	s, err := a.Store.Station(ctx, f.Station)
	switch {
	case err == nil:
		out.Body.Station = &StationName{s.ID, s.Name}
	case fault.KindOf(err) != fault.NotFound:
		return nil, err
	}
	return out, nil
}

func (a *API) storedFile(ctx context.Context, in *FileInput) (*store.StoredFile, error) {
	sum, err := in.hash()
	if err != nil {
		return nil, err
	}
	return a.Store.StoredFile(ctx, sum[:])
}

// getFileContent answers with the file inside of another one, so that what is
// downloaded cannot be started by accident.
func (a *API) getFileContent(ctx context.Context, in *FileInput) (*huma.StreamResponse, error) {
	f, err := a.storedFile(ctx, in)
	if err != nil {
		return nil, err
	}
	if a.Files == nil {
		return nil, fault.New(fault.Unavailable, "the content of files is given by a running server: ask it with --server").Coded("no_file_contents")
	}
	content, err := a.Files.Open(ctx, f.SHA256)
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, "file.download", strings.ToLower(in.SHA256), map[string]any{"bytes": f.Bytes}); err != nil {
		_ = content.Close()
		return nil, err
	}
	return a.download(content, f), nil
}

func (a *API) download(content io.ReadCloser, f *store.StoredFile) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer func() { _ = content.Close() }() // it was read, or the caller is gone
		hc.SetHeader("Content-Type", "application/gzip")
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="%x.gz"`, f.SHA256))
		packed, err := gzip.NewWriterLevel(hc.BodyWriter(), gzip.BestSpeed)
		if err == nil {
			_, err = io.Copy(packed, content)
		}
		if err == nil {
			err = packed.Close()
		}
		if err == nil {
			return
		}
		if hc.Context().Err() == nil {
			a.Log.ErrorContext(hc.Context(), "download ended early", "file", fmt.Sprintf("%x", f.SHA256), "err", err)
		}
		// A file that ends early must not look whole: the connection is cut.
		panic(http.ErrAbortHandler)
	}}
}

// fetchLimit is how large a file may be that a station is asked for.
const fetchLimit = blob.MaxBytes
