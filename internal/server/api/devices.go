package api

import (
	"context"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// Device is a USB device, and what the fleet knows of it. What it says of itself
// is its own claim.
type Device struct {
	ID          int64     `json:"id"`
	VendorID    string    `json:"vendor_id" doc:"four hexadecimal digits"`
	ProductID   string    `json:"product_id" doc:"likewise"`
	Revision    string    `json:"revision,omitempty" doc:"likewise"`
	VendorName  string    `json:"vendor_name,omitempty" doc:"as it said last"`
	ProductName string    `json:"product_name,omitempty" doc:"likewise"`
	Serial      string    `json:"serial,omitempty" doc:"absent: it has none, and is told apart by its place on its only station"`
	Classes     []string  `json:"classes" doc:"what it and its parts are, as mass_storage and hid"`
	FirstSeen   time.Time `json:"first_seen" doc:"by the stations' clocks"`
	LastSeen    time.Time `json:"last_seen"`
	Stations    int64     `json:"stations" doc:"that had it"`
	Plugs       int64     `json:"plugs" doc:"how often it was plugged in, or was found when the agent began"`
	Present     int64     `json:"present" doc:"stations where it is plugged in now"`
}

func deviceJSON(d *store.Device) Device {
	return Device{
		ID: d.ID, VendorID: d.VendorID, ProductID: d.ProductID, Revision: d.Revision, VendorName: d.VendorName, ProductName: d.ProductName, Serial: d.Serial,
		Classes: d.Classes, FirstSeen: d.FirstSeen, LastSeen: d.LastSeen, Stations: d.Stations, Plugs: d.Plugs, Present: d.Present,
	}
}

func devicesJSON(list []store.Device) []Device {
	all := make([]Device, len(list))
	for i := range list {
		all[i] = deviceJSON(&list[i])
	}
	return all
}

// DeviceQueryInput is a filter by the fields of devices.
type DeviceQueryInput struct {
	Q string `query:"q" maxLength:"16384" doc:"filter by the fields of devices, as in class:mass_storage prevalence:>=2 -vendor_name:kingston"`
}

// FindDevicesInput chooses devices and their order.
type FindDevicesInput struct {
	DeviceQueryInput
	Sort  string `query:"sort" enum:"first_seen,last_seen,stations,plugs,name" default:"last_seen"`
	Order string `query:"order" enum:"desc,asc" default:"desc"`
}

// list returns what the input asks of the store.
func (in *FindDevicesInput) list(now time.Time) (store.DeviceList, error) {
	q, err := query.ParseDevices(in.Q, now)
	return store.DeviceList{Query: q, Sort: in.Sort, Descending: in.Order == "desc"}, err
}

type listDevicesInput struct {
	FindDevicesInput
	PartInput
}

type devicesOutput struct {
	Body struct {
		Devices []Device `json:"devices"`
		Next    string   `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
		Newest  int64    `json:"newest" doc:"the highest number that a device has yet: device_id:> and it finds what has come since"`
	}
}

func (a *API) listDevices(ctx context.Context, in *listDevicesInput) (*devicesOutput, error) {
	l, err := in.list(a.Now())
	if err != nil {
		return nil, err
	}
	l.Cursor, l.Limit = in.Cursor, in.Limit
	// Read first: what comes meanwhile counts as new, and is not missed.
	newest, err := a.Store.NewestDevice(ctx)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.Devices(ctx, l)
	if err != nil {
		return nil, err
	}
	out := &devicesOutput{}
	out.Body.Devices, out.Body.Next, out.Body.Newest = devicesJSON(list), next, newest
	return out, nil
}

type rowCountOutput struct {
	Body struct {
		Count   int64 `json:"count"`
		AtLeast bool  `json:"at_least" doc:"counting stopped at 10000"`
	}
}

func (a *API) countDevices(ctx context.Context, in *DeviceQueryInput) (*rowCountOutput, error) {
	q, err := query.ParseDevices(in.Q, a.Now())
	if err != nil {
		return nil, err
	}
	out := &rowCountOutput{}
	out.Body.Count, out.Body.AtLeast, err = a.Store.CountDevices(ctx, q, exactCount)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeviceVolume is a file system that was on a device.
type DeviceVolume struct {
	Mount      string    `json:"mount,omitempty" doc:"where it was mounted, on one station"`
	Label      string    `json:"label,omitempty"`
	Serial     string    `json:"serial,omitempty" doc:"of the volume; on Linux, its UUID"`
	FileSystem string    `json:"file_system,omitempty"`
	Bytes      uint64    `json:"bytes,omitempty" doc:"its size"`
	FirstSeen  time.Time `json:"first_seen"`
	LastSeen   time.Time `json:"last_seen"`
}

func deviceVolumesJSON(list []store.DeviceVolume) []DeviceVolume {
	all := make([]DeviceVolume, len(list))
	for i, v := range list {
		all[i] = DeviceVolume{v.Mount, v.Label, v.Serial, v.FileSystem, v.Bytes, v.FirstSeen, v.LastSeen}
	}
	return all
}

// DeviceName is what a device has called itself.
type DeviceName struct {
	VendorName  string    `json:"vendor_name,omitempty"`
	ProductName string    `json:"product_name,omitempty"`
	Serial      string    `json:"serial,omitempty"`
	Times       int64     `json:"times" doc:"that it did, in the records that are kept"`
	FirstSeen   time.Time `json:"first_seen"`
	LastSeen    time.Time `json:"last_seen"`
}

type deviceOutput struct {
	Body struct {
		Device
		Volumes []DeviceVolume `json:"volumes" doc:"that were on it, the latest first, up to 100"`
		Names   []DeviceName   `json:"names" doc:"that it gave itself in the records that are kept, the latest first, up to 50; more than one is remarkable"`
	}
}

func (a *API) getDevice(ctx context.Context, in *IDInput) (*deviceOutput, error) {
	d, err := a.Store.Device(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &deviceOutput{}
	out.Body.Device, out.Body.Volumes, out.Body.Names = deviceJSON(d), deviceVolumesJSON(d.Volumes), make([]DeviceName, len(d.Names))
	for i, n := range d.Names {
		out.Body.Names[i] = DeviceName{n.VendorName, n.ProductName, n.Serial, n.Times, n.FirstSeen, n.LastSeen}
	}
	return out, nil
}

// HadDevice is what a station knows of a device that was plugged into it.
type HadDevice struct {
	DeviceName string         `json:"device_name" doc:"what the station calls the device"`
	FirstSeen  time.Time      `json:"first_seen" doc:"by the station's clock"`
	LastSeen   time.Time      `json:"last_seen" doc:"when it noticed last that the device came, was there or went"`
	Plugs      int64          `json:"plugs"`
	Present    bool           `json:"present" doc:"it is plugged in"`
	Mounts     []string       `json:"mounts" doc:"where volumes of it were mounted, the latest first"`
	Volumes    []DeviceVolume `json:"volumes" doc:"that were on it there, the latest first, up to 20"`
}

func hadDeviceJSON(h *store.HadDevice) HadDevice {
	j := HadDevice{
		DeviceName: h.DeviceName, FirstSeen: h.FirstSeen, LastSeen: h.LastSeen, Plugs: h.Plugs, Present: h.Present,
		Mounts: []string{}, Volumes: deviceVolumesJSON(h.Volumes),
	}
	seen := map[string]bool{"": true}
	for _, v := range h.Volumes {
		if !seen[v.Mount] {
			seen[v.Mount] = true
			j.Mounts = append(j.Mounts, v.Mount)
		}
	}
	return j
}

// DeviceStation is a station that had a device.
type DeviceStation struct {
	Station StationName `json:"station"`
	HadDevice
}

type deviceStationsInput struct {
	IDInput
	PartInput
}

type deviceStationsOutput struct {
	Body struct {
		Stations []DeviceStation `json:"stations" doc:"those first where it was last"`
		Next     string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listDeviceStations(ctx context.Context, in *deviceStationsInput) (*deviceStationsOutput, error) {
	list, next, err := a.Store.DeviceStations(ctx, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &deviceStationsOutput{}
	out.Body.Stations, out.Body.Next = make([]DeviceStation, len(list)), next
	for i := range list {
		out.Body.Stations[i] = DeviceStation{StationName{list[i].Station, list[i].StationName}, hadDeviceJSON(&list[i])}
	}
	return out, nil
}

// StationDevice is a device that a station had.
type StationDevice struct {
	Device Device `json:"device"`
	HadDevice
}

type stationDevicesOutput struct {
	Body struct {
		Devices []StationDevice `json:"devices" doc:"those first that it had last"`
		Next    string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listStationDevices(ctx context.Context, in *deviceStationsInput) (*stationDevicesOutput, error) {
	list, next, err := a.Store.StationDevices(ctx, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &stationDevicesOutput{}
	out.Body.Devices, out.Body.Next = make([]StationDevice, len(list)), next
	for i := range list {
		out.Body.Devices[i] = StationDevice{deviceJSON(list[i].Device), hadDeviceJSON(&list[i])}
	}
	return out, nil
}

// DeviceRecord is what a station reported of a device.
type DeviceRecord struct {
	Kind        string         `json:"kind" enum:"device_plugged,device_present,device_removed"`
	Seq         uint64         `json:"seq" doc:"in the station's stream"`
	Time        time.Time      `json:"time" doc:"when the station noticed, by its clock"`
	Received    time.Time      `json:"received" doc:"by the server's"`
	DeviceID    int64          `json:"device" doc:"number of the device; what /devices/{id} takes"`
	DeviceName  string         `json:"device_name" doc:"what the station calls it"`
	VendorID    string         `json:"vendor_id"`
	ProductID   string         `json:"product_id"`
	Revision    string         `json:"revision,omitempty"`
	VendorName  string         `json:"vendor_name,omitempty"`
	ProductName string         `json:"product_name,omitempty"`
	Serial      string         `json:"serial,omitempty"`
	Classes     []string       `json:"classes"`
	Volumes     []event.Volume `json:"volumes,omitempty"`
	Inferred    bool           `json:"inferred,omitempty" doc:"the moment itself was missed; time is when it was noticed"`
	Missing     string         `json:"missing,omitempty" doc:"what could not be learnt, and why"`
}

func deviceRecordJSON(e *store.DeviceEvent) DeviceRecord {
	return DeviceRecord{
		Kind: string(e.Kind), Seq: e.Seq, Time: e.Time, Received: e.Received, DeviceID: e.DeviceID, DeviceName: e.Device.Device, VendorID: e.VendorID, ProductID: e.ProductID,
		Revision: e.Revision, VendorName: e.VendorName, ProductName: e.ProductName, Serial: e.Serial, Classes: strings.Fields(e.Classes), Volumes: e.Volumes, Inferred: e.Inferred, Missing: e.Missing,
	}
}

// DeviceEvent is a stored record of a device.
type DeviceEvent struct {
	ID      int64       `json:"id"`
	Station StationName `json:"station"`
	DeviceRecord
}
