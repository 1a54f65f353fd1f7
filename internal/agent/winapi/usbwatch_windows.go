package winapi

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	actionArrival = 0 // of a device interface
	filterSize    = 416
)

var (
	cmRegister   = cfgmgr.NewProc("CM_Register_Notification")
	cmUnregister = cfgmgr.NewProc("CM_Unregister_Notification")

	usbDeviceInterface = windows.GUID{Data1: 0xa5dcbf10, Data2: 0x6530, Data3: 0x11d2, Data4: [8]byte{0x90, 0x1f, 0x00, 0xc0, 0x4f, 0xb9, 0x51, 0xed}}
	volumeInterface    = windows.GUID{Data1: 0x53f5630d, Data2: 0xb6bf, Data3: 0x11d0, Data4: [8]byte{0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}}
)

// A USBWatch is word of Windows when USB devices or volumes come and go.
type USBWatch struct{ handles []uintptr }

// cmEvent is CM_NOTIFY_EVENT_DATA for device interfaces.
type cmEvent struct {
	_     [2]uint32 // what kind of event it is: of a device interface, as was asked for
	class windows.GUID
	link  [1]uint16
}

// WatchUSB calls tell when a USB device or a volume came or went: with the device
// interface of a device that came, else with "". It must return soon.
func WatchUSB(tell func(came string)) (*USBWatch, error) {
	for _, p := range []*windows.LazyProc{cmRegister, cmUnregister} {
		if err := p.Find(); err != nil {
			return nil, fmt.Errorf("be told of USB devices: %w", err) // before Windows 8
		}
	}
	// Windows calls this on a thread of its own. A program has room for some 2,000
	// such functions and none is given back, which is enough for a watch per run.
	called := windows.NewCallback(func(_, _, action uintptr, data *cmEvent, size uintptr) uintptr {
		const links = unsafe.Offsetof(data.link)
		if action == actionArrival && data != nil && data.class == usbDeviceInterface && size > links {
			tell(windows.UTF16ToString(unsafe.Slice(&data.link[0], (size-links)/2)))
		} else {
			tell("")
		}
		return 0
	})
	w := &USBWatch{}
	for _, class := range []windows.GUID{usbDeviceInterface, volumeInterface} {
		filter := struct { // CM_NOTIFY_FILTER
			size, flags, kind, _ uint32
			class                windows.GUID
			_                    [filterSize - 32]byte
		}{size: filterSize, class: class}
		var handle uintptr
		cr, _, _ := cmRegister.Call(uintptr(unsafe.Pointer(&filter)), 0, called, uintptr(unsafe.Pointer(&handle)))
		if cr != 0 {
			return nil, errors.Join(fmt.Errorf("be told of USB devices: CM_Register_Notification: %w", windows.CONFIGRET(cr)), w.Close())
		}
		w.handles = append(w.handles, handle)
	}
	return w, nil
}

// Close ends it: tell is not called any more afterwards.
func (w *USBWatch) Close() error {
	var errs []error
	for _, handle := range w.handles {
		if cr, _, _ := cmUnregister.Call(handle); cr != 0 {
			errs = append(errs, fmt.Errorf("CM_Unregister_Notification: %w", windows.CONFIGRET(cr)))
		}
	}
	w.handles = nil
	return errors.Join(errs...)
}
