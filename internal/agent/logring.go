package agent

import (
	"strings"
	"sync"
)

// A LogRing keeps the newest lines of the agent's own log, for a diagnosis. It
// is an io.Writer, one line a write, as slog's handlers do it.
type LogRing struct {
	mu      sync.Mutex
	lines   []string // oldest first
	bytes   int
	secrets []string
}

// What a LogRing holds.
const (
	ringLines = 500
	ringBytes = 128 << 10
)

// Hide keeps texts from being shown: they are blotted out in lines to come.
func (r *LogRing) Hide(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if s != "" {
			r.secrets = append(r.secrets, s)
		}
	}
}

// Write adds a line.
func (r *LogRing) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := strings.TrimRight(string(line[:min(len(line), ringBytes)]), "\n")
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, "(hidden)")
	}
	r.lines = append(r.lines, text)
	r.bytes += len(text)
	for len(r.lines) > ringLines || r.bytes > ringBytes && len(r.lines) > 1 {
		r.bytes -= len(r.lines[0])
		r.lines = r.lines[1:]
	}
	return len(line), nil
}

// Lines returns the newest lines, oldest first.
func (r *LogRing) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}
