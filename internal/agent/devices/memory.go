package devices

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/eljefe/eljefe/internal/event"
)

// memoryFile keeps what was told, in the agent's folder.
const memoryFile = "devices.json"

// maxMemory is more than any number of devices needs.
const maxMemory = 8 << 20

// A memory is what was told, on disk.
type memory struct {
	path    string
	boot    uint64
	log     *slog.Logger
	list    []Found
	saved   []byte
	failing bool
}

// remembered is the content of the file.
type remembered struct {
	Boot    uint64 `json:"boot_id"`
	Devices []note `json:"devices"`
}

// A note is one device that was told.
type note struct {
	Arrival string       `json:"arrival,omitempty"`
	Storage bool         `json:"storage,omitempty"`
	Facts   event.Device `json:"facts"`
}

// openMemory reads what was told before. A file that cannot be read is as none:
// what is plugged in is then told anew.
func openMemory(dir string, boot uint64, log *slog.Logger) *memory {
	m := &memory{path: filepath.Join(dir, memoryFile), boot: boot, log: log}
	list, err := m.read()
	if err != nil {
		log.Warn("what was told of USB devices is not known any more: what is plugged in is told anew, and what was removed meanwhile is not", "err", err)
		return m
	}
	m.list = list
	return m
}

func (m *memory) read() ([]Found, error) {
	raw, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(raw) > maxMemory {
		return nil, fmt.Errorf("%s has %d bytes; it never has more than %d", m.path, len(raw), maxMemory)
	}
	var content remembered
	if err := json.Unmarshal(raw, &content); err != nil {
		return nil, fmt.Errorf("read %s: %w", m.path, err)
	}
	var list []Found
	for _, d := range content.Devices {
		if d.Facts.Device == "" {
			return nil, fmt.Errorf("read %s: a device without a name", m.path)
		}
		if m.boot == 0 || content.Boot != m.boot {
			d.Arrival = "" // of another run of the system: what did not move came anew
		}
		list = append(list, Found{Facts: d.Facts, Arrival: d.Arrival, Storage: d.Storage})
	}
	return list, nil
}

// keep writes down what was told, if it is not what is written already.
func (m *memory) keep(list []Found) {
	content := remembered{Boot: m.boot, Devices: []note{}}
	for _, f := range list {
		content.Devices = append(content.Devices, note{Arrival: f.Arrival, Storage: f.Storage, Facts: f.Facts})
	}
	raw, err := json.Marshal(content)
	if err == nil && bytes.Equal(raw, m.saved) {
		return
	}
	if err == nil {
		err = replace(m.path, raw)
	}
	if err != nil && !m.failing {
		m.log.Warn("what was told of USB devices cannot be noted: after a restart it is told again", "err", err)
	}
	if m.failing = err != nil; !m.failing {
		m.saved = raw
	}
}

// replace writes a file so that there is always a whole one.
func replace(path string, content []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
