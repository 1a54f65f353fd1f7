package recording

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/eljefe/eljefe/internal/evtx"
	"github.com/eljefe/eljefe/internal/fault"
)

// inLog says where an event log is damaged, and why.
func inLog(err error) error {
	e, ok := errors.AsType[*evtx.RecordError](err)
	if !ok {
		return err
	}
	code := "damage_evtx"
	if e.Altered {
		code = "damage_evtx_altered"
	}
	said := fault.Sayf("%v", err).Coded(code)
	said.Params = fault.Named([]string{"chunk", "offset", "why"}, []any{e.Chunk, fmt.Sprintf("%#x", e.Offset), e.Reason})
	if e.Record != 0 {
		said.Params["record"] = e.Record
	}
	return said
}

// evtxItems reads a Windows event log.
func evtxItems(file io.ReaderAt, size int64) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		r, err := evtx.NewReader(io.NewSectionReader(file, 0, size))
		if err != nil {
			yield(Item{Damage: inLog(err), Read: size})
			return
		}
		for rec, err := range r.Records() {
			it := Item{Read: r.Offset()}
			if err != nil {
				it.Damage = inLog(err)
			} else {
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
