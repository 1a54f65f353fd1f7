package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// deviceRow is a device's record on its way into device_event.
type deviceRow struct {
	*event.Device
	station  int64
	identity deviceIdentity
}

// deviceIdentity tells devices apart, see table device.
type deviceIdentity [sha256.Size]byte

// identifyDevice returns the identity of the device that a record of a station
// speaks of. Windows spells serial numbers in upper case, others as they are.
func identifyDevice(station int64, d *event.Device) deviceIdentity {
	if serial := strings.TrimSpace(d.Serial); serial != "" {
		return sha256.Sum256([]byte("serial\x00" + d.VendorID + d.ProductID + strings.ToLower(serial)))
	}
	return sha256.Sum256([]byte("station\x00" + d.VendorID + d.ProductID + strconv.FormatInt(station, 10) + "\x00" + strings.ToLower(d.Device)))
}

func (w *writer) addDevice(station int64, d *event.Device) {
	d.Time, d.Classes = d.Time.Truncate(time.Microsecond), strings.Join(strings.Fields(d.Classes), " ")
	w.devices = append(w.devices, deviceRow{Device: d, station: station, identity: identifyDevice(station, d)})
}

// storeDevices stores what the stations told of devices. A transaction without
// any costs nothing.
func (w *writer) storeDevices(ctx context.Context) error {
	if len(w.devices) == 0 {
		return nil
	}
	ids, err := w.describeDevices(ctx)
	if err != nil {
		return err
	}
	if err := w.relateDevices(ctx, ids); err != nil {
		return err
	}
	if err := w.storeVolumes(ctx, ids); err != nil {
		return err
	}
	return w.storeDeviceEvents(ctx, ids)
}

// description is what a device said of itself, and when; zero: only its removal
// was told.
type description struct {
	at time.Time
	*event.Device
}

// compare orders descriptions as the database does. Any order of records that
// takes the greatest comes to the same.
func (d description) compare(e description) int {
	return cmp.Or(d.at.Compare(e.at), strings.Compare(d.VendorName, e.VendorName), strings.Compare(d.ProductName, e.ProductName),
		strings.Compare(d.Revision, e.Revision), strings.Compare(d.Classes, e.Classes))
}

// describeDevices makes the devices of the transaction known, with what they said
// of themselves last, and returns their numbers. Their rows are locked in the
// order of their identities.
func (w *writer) describeDevices(ctx context.Context) (map[deviceIdentity]int64, error) {
	best := map[deviceIdentity]description{}
	for _, r := range w.devices {
		d := description{Device: r.Device}
		if r.Kind != event.DeviceRemoved {
			d.at = r.Time
		}
		if known, ok := best[r.identity]; !ok || d.compare(known) > 0 {
			best[r.identity] = d
		}
	}
	var (
		identities                                                         [][]byte
		vendors, products, serials, revisions, vendorNames, names, classes []string
		described                                                          []*time.Time
	)
	for identity, d := range best {
		identities = append(identities, identity[:])
		vendors, products, serials = append(vendors, d.VendorID), append(products, d.ProductID), append(serials, strings.TrimSpace(d.Serial))
		revisions, vendorNames, names, classes = append(revisions, d.Revision), append(vendorNames, d.VendorName), append(names, d.ProductName), append(classes, d.Classes)
		var at *time.Time
		if !d.at.IsZero() {
			at = &d.at
		}
		described = append(described, at)
	}
	_, err := w.tx.Exec(ctx, `
		INSERT INTO device AS o (identity, vendor_id, product_id, serial, described, vendor_name, product_name, revision, classes)
		SELECT identity, vendor_id, product_id, serial, COALESCE(described, '-infinity'), vendor_name, product_name, revision, string_to_array(classes, ' ')
		FROM   unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[])
		       AS n (identity, vendor_id, product_id, serial, described, vendor_name, product_name, revision, classes)
		ORDER  BY identity
		ON CONFLICT (identity) DO UPDATE
		SET    described = excluded.described, vendor_name = excluded.vendor_name, product_name = excluded.product_name,
		       revision = excluded.revision, classes = excluded.classes
		WHERE  (excluded.described, excluded.vendor_name COLLATE "C", excluded.product_name COLLATE "C", excluded.revision COLLATE "C", excluded.classes COLLATE "C")
		     > (o.described, o.vendor_name COLLATE "C", o.product_name COLLATE "C", o.revision COLLATE "C", o.classes COLLATE "C")`,
		identities, vendors, products, serials, described, vendorNames, names, revisions, classes)
	if err != nil {
		return nil, fmt.Errorf("store devices: %w", err)
	}
	rows, err := w.tx.Query(ctx, `SELECT id, identity FROM device WHERE identity = ANY ($1)`, identities)
	if err != nil {
		return nil, fmt.Errorf("read numbers of devices: %w", err)
	}
	ids := make(map[deviceIdentity]int64, len(identities))
	var id int64
	var identity []byte
	if _, err := pgx.ForEachRow(rows, []any{&id, &identity}, func() error { ids[deviceIdentity(identity)] = id; return nil }); err != nil {
		return nil, fmt.Errorf("read numbers of devices: %w", err)
	}
	return ids, nil
}

// stationDevice names a device on a station.
type stationDevice struct{ station, device int64 }

func (a stationDevice) compare(b stationDevice) int {
	return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.device, b.device))
}

// relateDevices notes which station has had which device. The records of a
// station come in the order of their numbers, each once: the last one says
// whether the device is there.
func (w *writer) relateDevices(ctx context.Context, ids map[deviceIdentity]int64) error {
	type relation struct {
		stationDevice
		name        string
		first, last time.Time
		plugs       int64
		present     bool
	}
	byKey := map[stationDevice]*relation{}
	var list []*relation
	for _, r := range w.devices {
		key := stationDevice{r.station, ids[r.identity]}
		rel := byKey[key]
		if rel == nil {
			rel = &relation{stationDevice: key, first: r.Time, last: r.Time}
			byKey[key] = rel
			list = append(list, rel)
		}
		rel.name, rel.present = r.Device.Device, r.Kind != event.DeviceRemoved
		rel.first, rel.last = earlier(rel.first, r.Time), later(rel.last, r.Time)
		if rel.present {
			rel.plugs++
		}
	}
	slices.SortFunc(list, func(a, b *relation) int { return a.compare(b.stationDevice) })
	var stations, devices, plugs []int64
	var names []string
	var firsts, lasts []time.Time
	var present []bool
	for _, r := range list {
		stations, devices, plugs = append(stations, r.station), append(devices, r.device), append(plugs, r.plugs)
		names, firsts, lasts, present = append(names, r.name), append(firsts, r.first), append(lasts, r.last), append(present, r.present)
	}
	_, err := w.tx.Exec(ctx, `
		INSERT INTO station_device AS r (station_id, device_id, name, first_seen, last_seen, plugs, present)
		SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::boolean[])
		ON CONFLICT (station_id, device_id) DO UPDATE
		SET    name = excluded.name, first_seen = LEAST(r.first_seen, excluded.first_seen), last_seen = GREATEST(r.last_seen, excluded.last_seen),
		       plugs = r.plugs + excluded.plugs, present = excluded.present`,
		stations, devices, names, firsts, lasts, plugs, present)
	if err != nil {
		return fmt.Errorf("store which station had which device: %w", err)
	}
	return nil
}

// volumeKey names a file system on a device on a station.
type volumeKey struct {
	stationDevice
	identity [16]byte
}

// storeVolumes notes the file systems that were on the devices.
func (w *writer) storeVolumes(ctx context.Context, ids map[deviceIdentity]int64) error {
	type volume struct {
		volumeKey
		event.Volume
		first, last time.Time
	}
	byKey := map[volumeKey]*volume{}
	var list []*volume
	for _, r := range w.devices {
		for _, v := range r.Volumes {
			sum := sha256.Sum256([]byte(v.Mount + "\x00" + v.Label + "\x00" + v.Serial + "\x00" + v.FileSystem))
			key := volumeKey{stationDevice{r.station, ids[r.identity]}, [16]byte(sum[:16])}
			known := byKey[key]
			if known == nil {
				known = &volume{volumeKey: key, Volume: v, first: r.Time, last: r.Time}
				byKey[key] = known
				list = append(list, known)
			}
			if v.Bytes > 0 {
				known.Bytes = v.Bytes
			}
			known.first, known.last = earlier(known.first, r.Time), later(known.last, r.Time)
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b *volume) int {
		return cmp.Or(a.compare(b.stationDevice), slices.Compare(a.identity[:], b.identity[:]))
	})
	var stations, devices, sizes []int64
	var identities [][]byte
	var mounts, labels, serials, systems []string
	var firsts, lasts []time.Time
	for _, v := range list {
		stations, devices, sizes, identities = append(stations, v.station), append(devices, v.device), append(sizes, bounded(v.Bytes)), append(identities, v.identity[:])
		mounts, labels, serials, systems = append(mounts, v.Mount), append(labels, v.Label), append(serials, v.Serial), append(systems, v.FileSystem)
		firsts, lasts = append(firsts, v.first), append(lasts, v.last)
	}
	_, err := w.tx.Exec(ctx, `
		INSERT INTO device_volume AS v (station_id, device_id, identity, mount, label, serial, file_system, bytes, first_seen, last_seen)
		SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::timestamptz[], $10::timestamptz[])
		ON CONFLICT (station_id, device_id, identity) DO UPDATE
		SET    bytes = COALESCE(NULLIF(excluded.bytes, 0), v.bytes), first_seen = LEAST(v.first_seen, excluded.first_seen), last_seen = GREATEST(v.last_seen, excluded.last_seen)`,
		stations, devices, identities, mounts, labels, serials, systems, sizes, firsts, lasts)
	if err != nil {
		return fmt.Errorf("store file systems of devices: %w", err)
	}
	return nil
}

// storeDeviceEvents stores the records themselves.
func (w *writer) storeDeviceEvents(ctx context.Context, ids map[deviceIdentity]int64) error {
	var (
		stations, devices, seqs                                                       []int64
		kinds, names, serials, revisions, vendorNames, productNames, classes, missing []string
		times                                                                         []time.Time
		volumes                                                                       []*string // JSON
		inferred                                                                      []bool
	)
	for _, r := range w.devices {
		stations, devices, seqs = append(stations, r.station), append(devices, ids[r.identity]), append(seqs, bounded(r.Seq))
		kinds, names, serials, revisions = append(kinds, string(r.Kind)), append(names, r.Device.Device), append(serials, r.Serial), append(revisions, r.Revision)
		vendorNames, productNames, classes = append(vendorNames, r.VendorName), append(productNames, r.ProductName), append(classes, r.Classes)
		times, inferred, missing = append(times, r.Time), append(inferred, r.Inferred), append(missing, r.Missing)
		var list *string
		if len(r.Volumes) > 0 {
			raw, err := json.Marshal(r.Volumes)
			if err != nil {
				return fmt.Errorf("write file systems of a device: %w", err)
			}
			text := string(raw)
			list = &text
		}
		volumes = append(volumes, list)
	}
	_, err := w.tx.Exec(ctx, `
		INSERT INTO device_event (station_id, device_id, seq, kind, time, name, serial, revision, vendor_name, product_name, classes, volumes, inferred, missing)
		SELECT n.station_id, n.device_id, n.seq, n.kind, n.time, n.name, n.serial, n.revision, n.vendor_name, n.product_name, n.classes, n.volumes::jsonb, n.inferred, n.missing
		FROM   unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
		              $12::text[], $13::boolean[], $14::text[])
		       WITH ORDINALITY AS n (station_id, device_id, seq, kind, time, name, serial, revision, vendor_name, product_name, classes, volumes, inferred, missing, place)
		ORDER  BY n.place`,
		stations, devices, seqs, kinds, times, names, serials, revisions, vendorNames, productNames, classes, volumes, inferred, missing)
	if err != nil {
		return fmt.Errorf("store what was told of devices: %w", err)
	}
	return nil
}
