package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// HadDevice is what a station knows of a device that was plugged into it.
type HadDevice struct {
	Station             int64
	StationName         string
	DeviceName          string    // what the station calls the device
	FirstSeen, LastSeen time.Time // by the station's clock
	Plugs               int64
	Present             bool
	Volumes             []DeviceVolume // the latest first
	Device              *Device        // in a list of one station's devices
	key                 string
}

// volumesOfOne is how many file systems are told of a device on a station.
const volumesOfOne = 20

var hadDeviceOrder = map[string]sortColumn{"last_seen": {"r.last_seen", "timestamptz"}}

const hadDeviceColumns = `r.station_id, s.name, r.name, r.first_seen, r.last_seen, r.plugs, r.present, COALESCE(v.list, '[]')`

// hadDeviceVolumes is the SQL of the file systems of a row of station_device r.
const hadDeviceVolumes = `
		LEFT   JOIN LATERAL (
			SELECT json_agg(json_build_object('mount', v.mount, 'label', v.label, 'serial', v.serial, 'file_system', v.file_system, 'bytes', v.bytes,
			                                  'FirstSeen', v.first_seen, 'LastSeen', v.last_seen)) AS list
			FROM  (SELECT * FROM device_volume v
			       WHERE  v.station_id = r.station_id AND v.device_id = r.device_id
			       ORDER  BY v.last_seen DESC, v.identity
			       LIMIT  @volumes) AS v) AS v ON true`

func scanHadDevice(row pgx.CollectableRow, more ...any) (h HadDevice, err error) {
	err = row.Scan(append([]any{&h.Station, &h.StationName, &h.DeviceName, &h.FirstSeen, &h.LastSeen, &h.Plugs, &h.Present, &h.Volumes, &h.key}, more...)...)
	h.FirstSeen, h.LastSeen = h.FirstSeen.UTC(), h.LastSeen.UTC()
	for i := range h.Volumes {
		v := &h.Volumes[i]
		v.FirstSeen, v.LastSeen = v.FirstSeen.UTC(), v.LastSeen.UTC()
	}
	return h, err
}

// DeviceStations returns a page of the stations that had a device, those first
// where it was last, and the cursor of the next page.
func (s *Store) DeviceStations(ctx context.Context, device int64, cursor string, limit int) (list []HadDevice, next string, err error) {
	order, err := newSorting(hadDeviceOrder, "last_seen", "r.station_id", true, cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"device": device, "limit": limit + 1, "volumes": volumesOfOne}
	err = s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list stations of device", func(row pgx.CollectableRow) (HadDevice, error) { return scanHadDevice(row) }, `
		SELECT `+hadDeviceColumns+`, `+order.key()+`
		FROM   station_device r
		JOIN   station s ON s.id = r.station_id`+hadDeviceVolumes+`
		WHERE  `+conditions("r.device_id = @device::bigint", order.behind(args))+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		return err
	})
	if len(list) > limit {
		list = list[:limit]
		next = order.next(list[limit-1].key, list[limit-1].Station)
	}
	return list, next, devicesTooSlow(err)
}

// StationDevices returns a page of the devices that a station had, those first
// that it had last, and the cursor of the next page.
func (s *Store) StationDevices(ctx context.Context, station int64, cursor string, limit int) (list []HadDevice, next string, err error) {
	order, err := newSorting(hadDeviceOrder, "last_seen", "r.device_id", true, cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"station": station, "limit": limit + 1, "volumes": volumesOfOne}
	err = s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) error {
		list, err = collect(ctx, tx, "list devices of station", func(row pgx.CollectableRow) (HadDevice, error) {
			d := &Device{}
			h, err := scanHadDevice(row, &d.ID)
			h.Device = d
			return h, err
		}, `
		SELECT `+hadDeviceColumns+`, `+order.key()+`, r.device_id
		FROM   station_device r
		JOIN   station s ON s.id = r.station_id`+hadDeviceVolumes+`
		WHERE  `+conditions("r.station_id = @station::integer", order.behind(args))+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			next = order.next(list[limit-1].key, list[limit-1].Device.ID)
		}
		return fillDevices(ctx, tx, list)
	})
	return list, next, devicesTooSlow(err)
}

// fillDevices puts the devices into rows that have their numbers.
func fillDevices(ctx context.Context, tx DB, list []HadDevice) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].Device.ID
	}
	devices, err := collect(ctx, tx, "fetch devices", func(row pgx.CollectableRow) (Device, error) { return scanDevice(row) }, `
		SELECT `+deviceColumns+`
		FROM   device o
		JOIN  (SELECT device_id, count(*) AS stations, sum(plugs)::bigint AS plugs, count(*) FILTER (WHERE present) AS present,
		              min(first_seen) AS first_seen, max(last_seen) AS last_seen
		       FROM   station_device
		       WHERE  device_id = ANY (@ids::bigint[])
		       GROUP  BY device_id) AS f ON f.device_id = o.id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	byID := make(map[int64]*Device, len(devices))
	for i := range devices {
		byID[devices[i].ID] = &devices[i]
	}
	for i := range list {
		if d := byID[list[i].Device.ID]; d != nil {
			list[i].Device = d
		}
	}
	return nil
}
