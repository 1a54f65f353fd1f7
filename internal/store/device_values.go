package store

import "context"

// deviceValueSources is as valueSources, of fields of devices.
var deviceValueSources = map[string]string{
	"station":       textValues(`station`, `name`),
	"vendor_id":     textValues(`device`, `vendor_id`),
	"product_id":    textValues(`device`, `product_id`),
	"revision":      textValues(`device`, `revision`),
	"vendor_name":   textValues(`device`, `vendor_name`),
	"product_name":  textValues(`device`, `product_name`),
	"serial":        textValues(`device`, `serial`),
	"class":         textValues(`(SELECT unnest(classes) AS class FROM device) AS words`, `class`),
	"device_name":   textValues(`station_device`, `name`),
	"mount":         textValues(`device_volume`, `mount`),
	"volume_label":  textValues(`device_volume`, `label`),
	"volume_serial": textValues(`device_volume`, `serial`),
	"file_system":   textValues(`device_volume`, `file_system`),
}

// DeviceFieldValues is as FieldValues, of a field of devices.
func (s *Store) DeviceFieldValues(ctx context.Context, field, part string, limit int) ([]FieldValue, error) {
	return s.fieldValues(ctx, deviceValueSources, field, part, limit)
}
