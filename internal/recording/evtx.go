package recording

import (
	"io"
	"iter"

	"github.com/eljefe/eljefe/internal/evtx"
)

// evtxItems reads a Windows event log.
func evtxItems(file io.ReaderAt, size int64) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		r, err := evtx.NewReader(io.NewSectionReader(file, 0, size))
		if err != nil {
			yield(Item{Damage: err, Read: size})
			return
		}
		for rec, err := range r.Records() {
			it := Item{Read: r.Offset(), Damage: err}
			if err == nil {
				p, ok, err := evtx.Process(rec)
				switch {
				case err != nil:
					it.Damage = err
				case ok:
					it.Event = &p
				}
			}
			if !yield(it) {
				return
			}
		}
	}
}
