package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

const superuser = "SYSTEM and administrators"

// A pipe is the door on Windows, where sockets of this kind came late: Server
// 2016 has none.
type pipe struct{ *winapi.Pipe }

func openDoor(dir string) (door, error) {
	p, err := winapi.ListenPipe(pipeName(dir))
	if err != nil {
		return nil, err
	}
	return pipe{p}, nil
}

func (p pipe) answer(ctx context.Context, content func() []byte) error { return p.Answer(ctx, content) }

// knock opens the pipe of the agent whose state is in dir.
func knock(dir string) (io.ReadCloser, error) {
	f, err := winapi.OpenPipe(pipeName(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", errNobody, err)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// pipeName gives each state folder a pipe of its own.
func pipeName(dir string) string {
	if path, err := filepath.Abs(dir); err == nil {
		dir = path
	}
	sum := sha256.Sum256([]byte(strings.ToLower(dir)))
	return "eljefe-agent-" + hex.EncodeToString(sum[:8])
}
