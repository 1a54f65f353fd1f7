package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
)

// DeviceEvent is a stored event.Device, with the numbers of the device and the
// station.
type DeviceEvent struct {
	event.Device
	ID          int64
	DeviceID    int64
	Station     int64
	StationName string
	Received    time.Time
}

// DeviceEventSearch selects records of devices. The query is one of devices;
// zero fields do not restrict.
type DeviceEventSearch struct {
	Query    *query.Query
	Stations []int64 // nil: all
	Device   int64
	From, To time.Time // To is exclusive
}

// DeviceEventList selects a page of records of devices, by time.
type DeviceEventList struct {
	DeviceEventSearch
	Ascending bool // oldest first
	Cursor    string
	Limit     int
}

var deviceEventOrder = map[string]sortColumn{"time": {"e.time", "timestamptz"}}

const deviceEventTables = `device_event e
		JOIN   device o  ON o.id = e.device_id
		JOIN   station s ON s.id = e.station_id`

// where returns the conditions and the arguments of a search.
func (q *DeviceEventSearch) where() ([]string, pgx.NamedArgs, error) {
	f, err := newDeviceEventFilter(q.Query)
	if err != nil {
		return nil, nil, err
	}
	where, args := []string{"true", f.where}, f.arguments()
	if q.Stations != nil {
		where, args["stations"] = append(where, "e.station_id = ANY (@stations::integer[])"), q.Stations
	}
	if q.Device != 0 {
		where, args["device"] = append(where, "e.device_id = @device::bigint"), q.Device
	}
	if !q.From.IsZero() {
		where, args["from"] = append(where, "e.time >= @from::timestamptz"), q.From
	}
	if !q.To.IsZero() {
		where, args["to"] = append(where, "e.time < @to::timestamptz"), q.To
	}
	return where, args, nil
}

// DeviceEvents returns a page of records of devices and the cursor of the next
// page.
func (s *Store) DeviceEvents(ctx context.Context, l DeviceEventList) (list []DeviceEvent, next string, err error) {
	order, err := newSorting(deviceEventOrder, "time", "e.id", !l.Ascending, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	where, args, err := l.where()
	if err != nil {
		return nil, "", err
	}
	args["limit"] = l.Limit + 1
	err = s.search(ctx, deviceTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list what was told of devices", scanDeviceEvent, `
		SELECT e.id, e.device_id, e.station_id, s.name, e.kind, e.seq, e.time, e.received, e.name, o.vendor_id, o.product_id, e.revision, e.vendor_name, e.product_name,
		       e.serial, e.classes, e.volumes, e.inferred, e.missing
		FROM   `+deviceEventTables+`
		WHERE  `+conditions(append(where, order.behind(args))...)+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		last := &list[l.Limit-1]
		next = order.next(strconv.FormatInt(last.Time.UnixMicro(), 10), last.ID)
	}
	return list, next, devicesTooSlow(err)
}

func scanDeviceEvent(row pgx.CollectableRow) (e DeviceEvent, err error) {
	var seq int64
	err = row.Scan(&e.ID, &e.DeviceID, &e.Station, &e.StationName, &e.Kind, &seq, &e.Time, &e.Received, &e.Device.Device, &e.VendorID, &e.ProductID, &e.Revision,
		&e.VendorName, &e.ProductName, &e.Serial, &e.Classes, &e.Volumes, &e.Inferred, &e.Missing)
	e.Seq, e.Time, e.Received = uint64(seq), e.Time.UTC(), e.Received.UTC()
	return e, err
}

// CountDeviceEvents counts records of devices up to most; more tells whether
// there are more.
func (s *Store) CountDeviceEvents(ctx context.Context, q DeviceEventSearch, most int64) (n int64, more bool, err error) {
	where, args, err := q.where()
	if err != nil {
		return 0, false, err
	}
	args["limit"] = most + 1
	n, err = s.readNumber(ctx, "count what was told of devices", `SELECT count(*) FROM (SELECT FROM `+deviceEventTables+` WHERE `+conditions(where...)+` LIMIT @limit) AS counted`, args)
	return min(n, most), n > most, err
}

// EachDeviceEvent calls f with all records of devices that q selects, oldest
// first, a few hundred at a time.
func (s *Store) EachDeviceEvent(ctx context.Context, q DeviceEventSearch, f func([]DeviceEvent) error) error {
	l := DeviceEventList{DeviceEventSearch: q, Ascending: true, Limit: eachChunk}
	for {
		list, next, err := s.DeviceEvents(ctx, l)
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
