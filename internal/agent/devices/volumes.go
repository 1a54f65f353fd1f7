package devices

import (
	"slices"

	"github.com/eljefe/eljefe/internal/event"
)

// withVolumes returns what a device has now, and what was seen of it before and is
// not there any more: a card that was taken out, a volume that was unmounted.
func withVolumes(before, now []event.Volume) []event.Volume {
	list := slices.Clone(now)
	for _, old := range before {
		at := slices.IndexFunc(list, func(v event.Volume) bool {
			if old.Serial == "" || v.Serial == "" {
				return v.Bytes == old.Bytes && (old.Label == "" || v.Label == old.Label)
			}
			return v.Serial == old.Serial
		})
		switch {
		case at >= 0 && list[at].Mount == "":
			list[at].Mount = old.Mount
		case at < 0 && (old.Serial != "" || old.Mount != "") && len(list) < event.MaxVolumes:
			list = append(list, old)
		}
	}
	return list
}
