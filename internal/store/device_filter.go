package store

import "github.com/eljefe/eljefe/internal/query"

// deviceFields are the columns of a search for devices: device o and its figures
// f. A device has been in several stations and told of by several records: a
// condition on them asks whether there is one that fits.
func deviceFields() map[string]column {
	told := func(value string) column {
		return column{value: value, from: "(SELECT device_id AS id, kind, time, inferred, missing FROM device_event)", id: "o.id"}
	}
	had := func(value string) column {
		return column{value: value, from: "(SELECT r.device_id AS id, r.name, r.present, r.station_id, s.name AS station FROM station_device r JOIN station s ON s.id = r.station_id)", id: "o.id"}
	}
	volume := func(value string) column {
		return column{value: value, from: "(SELECT device_id AS id, mount, label, serial, file_system FROM device_volume)", id: "o.id"}
	}
	kind := told("d.kind")
	kind.codes = nameAsCode
	return map[string]column{
		"time":          told("d.time"),
		"kind":          kind,
		"station":       had("d.station"),
		"station_id":    had("d.station_id"),
		"device_name":   had("d.name"),
		"device_id":     inline("o.id"),
		"vendor_id":     inline("o.vendor_id"),
		"product_id":    inline("o.product_id"),
		"revision":      inline("o.revision"),
		"vendor_name":   inline("o.vendor_name"),
		"product_name":  inline("o.product_name"),
		"serial":        inline("o.serial"),
		"class":         wordColumn("o.classes"),
		"mount":         volume("d.mount"),
		"volume_label":  volume("d.label"),
		"volume_serial": volume("d.serial"),
		"file_system":   volume("d.file_system"),
		"inferred":      told("d.inferred"),
		"missing":       told("d.missing"),
		"first_seen":    inline("f.first_seen"),
		"last_seen":     inline("f.last_seen"),
		"prevalence":    inline("f.stations"),
		"plugs":         inline("f.plugs"),
		"present":       had("d.present"),
	}
}

// deviceEventFields are the columns of a search for records of devices:
// device_event e, its device o and its station s.
func deviceEventFields() map[string]column {
	volume := func(value string) column {
		return column{value: value, from: "(SELECT 1 AS id, v.* FROM jsonb_to_recordset(e.volumes) AS v (mount text, label text, serial text, file_system text))", id: "1"}
	}
	return map[string]column{
		"time":          inline("e.time"),
		"kind":          {value: "e.kind", codes: nameAsCode},
		"station":       inline("s.name"),
		"station_id":    inline("e.station_id"),
		"device_name":   inline("e.name"),
		"device_id":     inline("e.device_id"),
		"vendor_id":     inline("o.vendor_id"),
		"product_id":    inline("o.product_id"),
		"revision":      inline("e.revision"),
		"vendor_name":   inline("e.vendor_name"),
		"product_name":  inline("e.product_name"),
		"serial":        inline("e.serial"),
		"class":         wordColumn("string_to_array(e.classes, ' ')"),
		"mount":         volume("d.mount"),
		"volume_label":  volume("d.label"),
		"volume_serial": volume("d.serial"),
		"file_system":   volume("d.file_system"),
		"inferred":      inline("e.inferred"),
		"missing":       inline("e.missing"),
		"first_seen":    ofDevice("d.first_seen"),
		"last_seen":     ofDevice("d.last_seen"),
		"prevalence":    ofDevice("d.stations"),
		"plugs":         ofDevice("d.plugs"),
		"present":       {value: "d.present", from: "(SELECT 1 AS id, r.present FROM station_device r WHERE r.station_id = e.station_id AND r.device_id = e.device_id)", id: "1"},
	}
}

// ofDevice is a figure of the device that a record is about.
func ofDevice(value string) column {
	return column{value: value, from: "(SELECT f.device_id AS id, f.* FROM " + deviceFiguresSQL + " AS f)", id: "e.device_id"}
}

// wordColumn is each of the words of an array.
func wordColumn(words string) column {
	return column{value: "d.word", from: "(SELECT 1 AS id, word FROM unnest(" + words + ") AS word)", id: "1"}
}

// nameAsCode is the code of a column that has the names themselves.
func nameAsCode(name string) any { return name }

// newDeviceFilter compiles a query of devices.
func newDeviceFilter(q *query.Query) (*filter, error) {
	return compileDeviceFilter(q, deviceFields())
}

// newDeviceEventFilter compiles a query of devices for a search for their
// records.
func newDeviceEventFilter(q *query.Query) (*filter, error) {
	return compileDeviceFilter(q, deviceEventFields())
}

func compileDeviceFilter(q *query.Query, fields map[string]column) (*filter, error) {
	if q == nil {
		q = &query.Query{}
	}
	return compileFilter(query.SpellOutDevices(q.Root), fields, nil)
}
