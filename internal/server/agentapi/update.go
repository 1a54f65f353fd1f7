package agentapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// Updates offers newer agents, and gives them out. Its errors are of the kind
// NotFound where a station is not offered what it asks for.
type Updates interface {
	Greeted(ctx context.Context, station int64, h *wire.Hello) (*wire.Update, error)
	Piece(ctx context.Context, station int64, sha256 [32]byte, offset int64) ([]byte, error)
}

// told are the states that agents tell of updates.
var told = []wire.UpdateState{
	"", wire.UpdateFetching, wire.UpdateVerified, wire.UpdateInstalled, wire.UpdateReporting, wire.UpdateRefused, wire.UpdateFailed, wire.UpdateRolledBack,
}

func checkUpdate(u *wire.UpdateReport) error {
	if u == nil {
		return nil
	}
	if !slices.Contains(told, u.State) {
		return malformed("update.state is %.40q; it must be one of %q", u.State, told)
	}
	if _, err := digestOf(u.SHA256); err != nil && u.State != "" {
		return err
	}
	return cleanTexts(text{"update.system", &u.System, 64}, text{"update.sha256", &u.SHA256, 64}, text{"update.why", &u.Why, 64 << 10})
}

func digestOf(hexadecimal string) (digest [sha256.Size]byte, err error) {
	raw, err := hex.DecodeString(hexadecimal)
	if err != nil || len(raw) != sha256.Size {
		return digest, malformed("%.80q is no SHA-256 in hexadecimal", hexadecimal)
	}
	return [sha256.Size]byte(raw), nil
}

// piece handles GET wire.PathUpdate: a piece of the agent's program that the
// station was offered.
func (a *API) piece(ctx context.Context, c *call) (any, error) {
	digest, err := digestOf(c.PathValue("sha256"))
	if err != nil {
		return nil, err
	}
	offset, err := c.parameter("offset", 0, 1<<40)
	if err != nil {
		return nil, err
	}
	none := fail(http.StatusNotFound, wire.CodeNoUpdate, "station %d is not offered this agent, or not any more", c.number())
	if a.cfg.Updates == nil {
		return nil, none
	}
	piece, err := a.cfg.Updates.Piece(ctx, c.number(), digest, offset)
	if _, ok := isFault(err, fault.NotFound); ok {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	return rawAnswer(piece), nil
}

// rawAnswer is an answer that is not JSON.
type rawAnswer []byte
