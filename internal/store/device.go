package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// Device is a USB device, and what the fleet knows of it. Its names are what it
// said last.
type Device struct {
	ID                            int64
	VendorID, ProductID, Revision string // hexadecimal
	VendorName, ProductName       string
	Serial                        string // "": it has none, and is told apart by its place on its station
	Classes                       []string
	FirstSeen, LastSeen           time.Time    // by the stations' clocks
	Stations, Plugs, Present      int64        // Present: stations where it is plugged in
	Names                         []DeviceName // by itself only, as all that follows
	Volumes                       []DeviceVolume
}

// DeviceName is what a device has called itself.
type DeviceName struct {
	VendorName, ProductName, Serial string
	Times                           int64 // that it did, in the records that are kept
	FirstSeen, LastSeen             time.Time
}

// DeviceVolume is a file system that was on a device.
type DeviceVolume struct {
	event.Volume
	FirstSeen, LastSeen time.Time
}

const (
	deviceTimeLimit = 10 * time.Second
	deviceNames     = 50 // of one device that are listed
	deviceVolumes   = 100
)

// DeviceList selects a page of devices. The query is one of devices.
type DeviceList struct {
	Query      *query.Query
	Sort       string // first_seen, last_seen, stations, plugs or name
	Descending bool
	Cursor     string // of the page before; "" for the first
	Limit      int
}

var deviceOrder = map[string]sortColumn{
	"first_seen": {"f.first_seen", "timestamptz"},
	"last_seen":  {"f.last_seen", "timestamptz"},
	"stations":   {"f.stations", "bigint"},
	"plugs":      {"f.plugs", "bigint"},
	"name":       {`lower((o.vendor_name || ' ' || o.product_name) COLLATE "C")`, "text"},
}

// deviceFiguresSQL adds up what the stations had.
const deviceFiguresSQL = `
		(SELECT device_id, count(*) AS stations, sum(plugs)::bigint AS plugs, count(*) FILTER (WHERE present) AS present,
		        min(first_seen) AS first_seen, max(last_seen) AS last_seen
		 FROM   station_device
		 GROUP  BY device_id)`

const deviceTables = `device o JOIN ` + deviceFiguresSQL + ` AS f ON f.device_id = o.id`

// Devices returns a page of devices and the cursor of the next page.
func (s *Store) Devices(ctx context.Context, l DeviceList) (list []Device, next string, err error) {
	order, err := newSorting(deviceOrder, l.Sort, "o.id", l.Descending, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	f, err := newDeviceFilter(l.Query)
	if err != nil {
		return nil, "", err
	}
	args := f.arguments()
	args["limit"] = l.Limit + 1
	var keys []string
	err = s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list devices", func(row pgx.CollectableRow) (Device, error) {
			var key string
			d, err := scanDevice(row, &key)
			keys = append(keys, key)
			return d, err
		}, `
		SELECT `+deviceColumns+`, `+order.key()+`
		FROM   `+deviceTables+`
		WHERE  `+conditions("true", order.behind(args), f.where)+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		next = order.next(keys[l.Limit-1], list[l.Limit-1].ID)
	}
	return list, next, devicesTooSlow(err)
}

const deviceColumns = `o.id, o.vendor_id, o.product_id, o.revision, o.vendor_name, o.product_name, o.serial, o.classes,
		       f.first_seen, f.last_seen, f.stations, f.plugs, f.present`

func scanDevice(row pgx.CollectableRow, more ...any) (d Device, err error) {
	err = row.Scan(append([]any{&d.ID, &d.VendorID, &d.ProductID, &d.Revision, &d.VendorName, &d.ProductName, &d.Serial, &d.Classes,
		&d.FirstSeen, &d.LastSeen, &d.Stations, &d.Plugs, &d.Present}, more...)...)
	d.FirstSeen, d.LastSeen = d.FirstSeen.UTC(), d.LastSeen.UTC()
	return d, err
}

func devicesTooSlow(err error) error {
	if isTimeout(err) {
		return fault.Wrap(fault.Timeout, err, "looking through the devices took longer than %s; ask for less, or try again later", deviceTimeLimit).Coded("devices_slow", "limit")
	}
	return err
}

// CountDevices counts devices up to most; more tells whether there are more.
func (s *Store) CountDevices(ctx context.Context, q *query.Query, most int64) (n int64, more bool, err error) {
	f, err := newDeviceFilter(q)
	if err != nil {
		return 0, false, err
	}
	args := f.arguments()
	args["limit"] = most + 1
	n, err = s.readNumber(ctx, "count devices", `SELECT count(*) FROM (SELECT FROM `+deviceTables+` WHERE `+conditions("true", f.where)+` LIMIT @limit) AS counted`, args)
	return min(n, most), n > most, err
}

// NewestDevice returns the highest number of a device; 0 where there is none.
func (s *Store) NewestDevice(ctx context.Context) (int64, error) {
	return s.readNumber(ctx, "read the newest device", `SELECT COALESCE(max(id), 0) FROM device`, nil)
}

// Device returns one device, with its names and file systems.
func (s *Store) Device(ctx context.Context, id int64) (*Device, error) {
	var list []Device
	err := s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) (err error) {
		args := pgx.NamedArgs{"id": id, "names": deviceNames, "volumes": deviceVolumes}
		list, err = collect(ctx, tx, "read device", func(row pgx.CollectableRow) (Device, error) { return scanDevice(row) }, `
			SELECT `+deviceColumns+`
			FROM   `+deviceTables+`
			WHERE  o.id = @id::bigint`, args)
		if err != nil || len(list) == 0 {
			return err
		}
		d := &list[0]
		d.Names, err = collect(ctx, tx, "list names of device", func(row pgx.CollectableRow) (n DeviceName, err error) {
			err = row.Scan(&n.VendorName, &n.ProductName, &n.Serial, &n.Times, &n.FirstSeen, &n.LastSeen)
			n.FirstSeen, n.LastSeen = n.FirstSeen.UTC(), n.LastSeen.UTC()
			return n, err
		}, `
			SELECT vendor_name, product_name, serial, count(*), min(time), max(time) AS last
			FROM   device_event
			WHERE  device_id = @id::bigint AND vendor_name || product_name || serial <> ''
			GROUP  BY vendor_name, product_name, serial
			ORDER  BY last DESC, vendor_name, product_name, serial
			LIMIT  @names`, args)
		if err != nil {
			return err
		}
		d.Volumes, err = collect(ctx, tx, "list file systems of device", func(row pgx.CollectableRow) (v DeviceVolume, err error) {
			var size int64
			err = row.Scan(&v.Label, &v.Serial, &v.FileSystem, &size, &v.FirstSeen, &v.LastSeen)
			v.Bytes, v.FirstSeen, v.LastSeen = uint64(size), v.FirstSeen.UTC(), v.LastSeen.UTC()
			return v, err
		}, `
			SELECT label, serial, file_system, max(bytes), min(first_seen), max(last_seen) AS last
			FROM   device_volume
			WHERE  device_id = @id::bigint
			GROUP  BY label, serial, file_system
			ORDER  BY last DESC, label, serial, file_system
			LIMIT  @volumes`, args)
		return err
	})
	if err != nil {
		return nil, devicesTooSlow(err)
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no device %d; it may have been removed with the only station that had it", id).Coded("no_device", "id")
	}
	return &list[0], nil
}

// EachDevice calls f with all devices that l selects, in its order, a few hundred
// at a time. Cursor and Limit do not count. Sort must be one that does not change
// while they are read: first_seen or name.
func (s *Store) EachDevice(ctx context.Context, l DeviceList, f func([]Device) error) error {
	l.Cursor, l.Limit = "", eachChunk
	for {
		list, next, err := s.Devices(ctx, l)
		if err != nil {
			return err
		}
		if err := f(list); err != nil {
			return err
		}
		if l.Cursor = next; next == "" {
			return nil
		}
	}
}

// readNumber returns the one number that a query gives.
func (s *Store) readNumber(ctx context.Context, doing, sql string, args pgx.NamedArgs) (n int64, err error) {
	err = s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, sql, args).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		return nil
	})
	return n, devicesTooSlow(err)
}
