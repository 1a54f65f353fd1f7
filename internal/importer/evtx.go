package importer

import (
	"io"

	"github.com/eljefe/eljefe/internal/evtx"
)

// evtxItems reads a Windows event log.
func evtxItems(file io.ReaderAt, size int64) func(yield func(item) bool) {
	return func(yield func(item) bool) {
		r, err := evtx.NewReader(io.NewSectionReader(file, 0, size))
		if err != nil {
			yield(item{damage: err, read: size})
			return
		}
		for rec, err := range r.Records() {
			it := item{read: r.Offset(), damage: err}
			if err == nil {
				p, ok, err := evtx.Process(rec)
				switch {
				case err != nil:
					it.damage = err
				case ok:
					it.event = &p
				}
			}
			if !yield(it) {
				return
			}
		}
	}
}
