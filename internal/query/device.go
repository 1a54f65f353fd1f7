package query

import (
	"slices"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// ParseDevices reads a query that chooses USB devices, or records of them. It is
// the same language with the fields of DeviceFields; any error is an *Error. Such
// a query has no Predicate.
//
// A bare word is looked for in everything that a device is called, see
// SpellOutDevices. A device may have been in many stations, with many file systems
// on it, and there are many records of it: in a query for devices, what is said of
// those holds if it does for one of them.
func ParseDevices(input string, now time.Time) (*Query, error) {
	return parse(input, now, deviceFields())
}

// DeviceFields returns all fields of devices in the order in which to show them.
func DeviceFields() []*Field { return slices.Clone(deviceFields().list) }

// DeviceFieldByName returns the field of devices of that name, as FieldByName
// does that of events.
func DeviceFieldByName(name string) (*Field, bool) { return deviceFields().find(name) }

var deviceFields = sync.OnceValue(func() *fieldTable {
	of := eventFields().byName
	return newFieldTable("devices", "the names and serial numbers of devices and the labels of their volumes", []*Field{
		{Name: "time", Type: Time, also: "timestamp date when ts", Description: "When the station noticed that the device came, was there or went.",
			Examples: []string{"time:2026-11-20", "time:>=-24h"}},
		{Name: "kind", Type: Enum, also: "type event action plugged removed", Description: "What a record reports: a device that was plugged in, that was found when the agent began, or that was removed.",
			Values: []string{string(event.DevicePlugged), string(event.DevicePresent), string(event.DeviceRemoved)}, Examples: []string{"kind:device_removed"}},
		of["station"], of["station_id"],
		{Name: "device_id", Alias: "device", Type: Number, also: "id", Description: "Number of the device in this database.",
			Examples: []string{"device_id:12"}},
		{Name: "vendor_id", Type: Text, Match: Equal, also: "vid vendor", Description: "Number of the vendor: four hexadecimal digits.",
			Examples: []string{"vendor_id:0951"}},
		{Name: "product_id", Type: Text, Match: Equal, also: "pid product", Description: "The vendor's number of the product: four hexadecimal digits.",
			Examples: []string{"product_id:1666"}},
		{Name: "revision", Type: Text, Match: Equal, also: "version bcddevice", Description: "The vendor's number of the product's version: four hexadecimal digits.",
			Examples: []string{"revision:0110"}},
		{Name: "vendor_name", Type: Text, Match: Contains, also: "manufacturer maker", Description: "What the device calls its vendor; a value without * is found anywhere in it.",
			Examples: []string{"vendor_name:kingston"}},
		{Name: "product_name", Type: Text, Match: Contains, also: "model name", Description: "What the device calls itself; a value without * is found anywhere in it.",
			Examples: []string{`product_name:"DataTraveler 3.0"`}},
		{Name: "serial", Type: Text, Match: Equal, also: "serial_number", Description: "Serial number that the device has; empty where it has none.",
			Examples: []string{"serial:001A92053B6A", `serial:""`}},
		{Name: "class", Type: Text, Match: Equal, also: "classes type_of_device", Description: "What the device or a part of it is, as mass_storage, hid, audio, video, printer, hub or wireless.",
			Examples: []string{"class:mass_storage", "class:(hid OR mass_storage)"}},
		{Name: "device_name", Type: Text, Match: Contains, also: "instance path", Description: "What the station calls the device; a value without * is found anywhere in it.",
			Examples: []string{"device_name:VID_0951"}},
		{Name: "mount", Type: Text, Match: Equal, also: "drive letter mountpoint", Description: "Where a volume of the device was mounted.",
			Examples: []string{"mount:E:", "mount:/media/*"}},
		{Name: "volume_label", Type: Text, Match: Contains, also: "label", Description: "Name of a volume of the device; a value without * is found anywhere in it.",
			Examples: []string{"volume_label:backup"}},
		{Name: "volume_serial", Type: Text, Match: Equal, also: "uuid", Description: "Serial number of a volume of the device, or its UUID.",
			Examples: []string{"volume_serial:1A2B-3C4D"}},
		{Name: "file_system", Type: Text, Match: Equal, also: "filesystem fs format", Description: "How a volume of the device is formatted.",
			Examples: []string{"file_system:exFAT"}},
		{Name: "present", Type: Boolean, also: "connected attached", Description: "Whether the device is plugged in now.",
			Examples: []string{"present:yes"}},
		{Name: "prevalence", Type: Number, also: "rarity stations", Description: "Number of stations that had the device.",
			Examples: []string{"prevalence:1", "prevalence:>=2"}},
		{Name: "plugs", Type: Number, also: "count arrivals", Description: "How often the device was plugged in, or was found when the agent began.",
			Examples: []string{"plugs:>10"}},
		{Name: "first_seen", Type: Time, also: "new news first since", Description: "When the device was first seen on any station.",
			Examples: []string{"first_seen:>-24h", "first_seen:2026-11-20"}},
		{Name: "last_seen", Type: Time, also: "last latest", Description: "When a station last noticed that the device came, was there or went.",
			Examples: []string{"last_seen:<-30d"}},
		{Name: "inferred", Type: Boolean, Description: "Whether the moment itself was missed, so that the time is when it was noticed.",
			Examples: []string{"inferred:yes"}},
		{Name: "missing", Type: Text, Match: Contains, Description: "What the station could not learn of the device, and why.",
			Examples: []string{"missing:volumes"}},
	})
})

// bareDeviceFields are where a bare word is looked for.
var bareDeviceFields = [...]string{"vendor_name", "product_name", "serial", "volume_label"}

// SpellOutDevices replaces each bare word of a query for devices by the terms that
// it stands for. Nil stays nil.
func SpellOutDevices(n Node) Node { return spellOut(n, deviceFields(), bareDeviceFields[:]) }
