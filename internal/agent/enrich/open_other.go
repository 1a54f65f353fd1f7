//go:build !linux

package enrich

import (
	"errors"
	"os"

	"github.com/eljefe/eljefe/internal/event"
)

func openImage(*event.Process, bool) (*os.File, identity, error) {
	return nil, identity{}, errors.ErrUnsupported
}

func identify(*os.File) (identity, error) { return identity{}, errors.ErrUnsupported }
