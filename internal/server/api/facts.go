package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy"
	"github.com/eljefe/eljefe/internal/fault"
)

// BinaryFacts are what a binary is, as far as its content was fetched.
type BinaryFacts struct {
	SHA256  string         `json:"sha256"`
	Made    time.Time      `json:"made" doc:"when it was examined"`
	Problem string         `json:"problem,omitempty" doc:"why it could not be"`
	Facts   *anatomy.Facts `json:"facts,omitempty" doc:"absent: there is a problem"`
}

type binaryFactsOutput struct {
	Body BinaryFacts
}

// getBinaryFacts handles GET /api/v1/binaries/{id}/facts.
func (a *API) getBinaryFacts(ctx context.Context, in *BinaryInput) (*binaryFactsOutput, error) {
	id, err := a.binaryID(ctx, in)
	if err != nil {
		return nil, err
	}
	b, err := a.Store.Binary(ctx, id)
	if err != nil {
		return nil, err
	}
	sum, err := hex.DecodeString(b.SHA256)
	if err != nil || len(sum) == 0 {
		return nil, fault.NotFoundf("the SHA-256 of this binary is not known, and so its content cannot be asked for").Coded("no_sha256")
	}
	f, err := a.Store.BinaryFacts(ctx, sum)
	if err != nil {
		return nil, err
	}
	out := &binaryFactsOutput{Body: BinaryFacts{SHA256: b.SHA256, Made: f.Made.UTC(), Problem: f.Problem}}
	if f.Facts != nil {
		if err := json.Unmarshal(f.Facts, &out.Body.Facts); err != nil {
			return nil, fmt.Errorf("facts of %s: %w", b.SHA256, err)
		}
	}
	return out, nil
}
