//go:build !linux && !windows

package devices

import (
	"errors"
	"fmt"
	"log/slog"
)

// Open says that devices are not watched here.
func Open(*slog.Logger) (System, error) {
	return nil, fmt.Errorf("USB devices are not watched on this system: %w", errors.ErrUnsupported)
}
