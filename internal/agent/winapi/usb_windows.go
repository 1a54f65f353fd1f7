package winapi

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Flags and codes of the Configuration Manager.
const (
	listEnumerator = 0x001
	listPresent    = 0x100

	crBufferSmall = 0x1a
)

var (
	cfgmgr = windows.NewLazySystemDLL("cfgmgr32.dll")

	cmListSize = cfgmgr.NewProc("CM_Get_Device_ID_List_SizeW")
	cmList     = cfgmgr.NewProc("CM_Get_Device_ID_ListW")
	cmLocate   = cfgmgr.NewProc("CM_Locate_DevNodeW")
	cmProperty = cfgmgr.NewProc("CM_Get_DevNode_PropertyW")
	cmParent   = cfgmgr.NewProc("CM_Get_Parent")
	cmID       = cfgmgr.NewProc("CM_Get_Device_IDW")

	hardwareIDs   = propertyKey(0xa45c254e, 0xdf1c, 0x4efd, [8]byte{0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}, 3)
	compatibleIDs = propertyKey(0xa45c254e, 0xdf1c, 0x4efd, [8]byte{0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}, 4)
	busName       = propertyKey(0x540b947e, 0x8b40, 0x45bc, [8]byte{0xa8, 0xa2, 0x6a, 0x0b, 0x89, 0x4c, 0xbd, 0xa2}, 4)
	lastArrival   = propertyKey(0x83da6326, 0x97a6, 0x4088, [8]byte{0x94, 0x53, 0xa1, 0x92, 0x3f, 0x57, 0x3b, 0x29}, 102)
)

func propertyKey(a uint32, b, c uint16, d [8]byte, id uint32) *windows.DEVPROPKEY {
	return &windows.DEVPROPKEY{FmtID: windows.DEVPROPGUID{Data1: a, Data2: b, Data3: c, Data4: d}, PID: windows.DEVPROPID(id)}
}

// USBDevices returns what is plugged in, without root hubs. A device that goes
// meanwhile is left out.
func USBDevices() ([]USBDevice, error) {
	for _, p := range []*windows.LazyProc{cmListSize, cmList, cmLocate, cmProperty, cmParent, cmID} {
		if err := p.Find(); err != nil {
			return nil, fmt.Errorf("list USB devices: %w", err)
		}
	}
	ids, err := presentUSB()
	if err != nil {
		return nil, err
	}
	var list []USBDevice
	at := map[string]int{} // in list, by the instance in upper case
	parts := map[string][]string{}
	for _, id := range ids {
		name, ok := ParseUSBID(id)
		if !ok {
			continue
		}
		node, err := locate(id)
		if err != nil {
			continue // gone
		}
		compatible := stringList(node, compatibleIDs)
		if name.Interface {
			if whole := ancestor(node); whole != "" {
				parts[strings.ToUpper(whole)] = append(parts[strings.ToUpper(whole)], compatible...)
			}
			continue
		}
		d := USBDevice{ID: id, HardwareIDs: stringList(node, hardwareIDs), CompatibleIDs: compatible, Name: stringOf(node, busName)}
		if raw, err := property(node, lastArrival); err == nil && len(raw) == 8 {
			d.Arrived = fileTime(*(*uint64)(unsafe.Pointer(&raw[0])))
		}
		at[strings.ToUpper(id)] = len(list)
		list = append(list, d)
	}
	for id, i := range at {
		list[i].CompatibleIDs = append(list[i].CompatibleIDs, parts[id]...)
	}
	addVolumes(list, at)
	return list, nil
}

// presentUSB returns the instances that the USB bus has now.
func presentUSB() ([]string, error) {
	usb, err := windows.UTF16PtrFromString("USB")
	if err != nil {
		return nil, err
	}
	for {
		var size uint32
		if cr, _, _ := cmListSize.Call(uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(usb)), listEnumerator|listPresent); cr != 0 {
			return nil, fmt.Errorf("CM_Get_Device_ID_List_Size: %w", windows.CONFIGRET(cr))
		}
		if size == 0 {
			return nil, nil
		}
		buf := make([]uint16, size)
		cr, _, _ := cmList.Call(uintptr(unsafe.Pointer(usb)), uintptr(unsafe.Pointer(&buf[0])), uintptr(size), listEnumerator|listPresent)
		switch cr {
		case 0:
			return splitList(buf), nil
		case crBufferSmall: // something came
		default:
			return nil, fmt.Errorf("CM_Get_Device_ID_List: %w", windows.CONFIGRET(cr))
		}
	}
}

// splitList divides texts that end with a zero each, and the list with another.
func splitList(buf []uint16) []string {
	var list []string
	for begin, i := 0, 0; i < len(buf); i++ {
		if buf[i] != 0 {
			continue
		}
		if i == begin {
			break
		}
		list = append(list, windows.UTF16ToString(buf[begin:i]))
		begin = i + 1
	}
	return list
}

// locate returns the node of an instance that is present.
func locate(id string) (node uint32, err error) {
	name, err := windows.UTF16PtrFromString(id)
	if err != nil {
		return 0, err
	}
	if cr, _, _ := cmLocate.Call(uintptr(unsafe.Pointer(&node)), uintptr(unsafe.Pointer(name)), 0); cr != 0 {
		return 0, fmt.Errorf("CM_Locate_DevNode: %w", windows.CONFIGRET(cr))
	}
	return node, nil
}

// ancestor returns the USB device, as a whole, that a node belongs to; "" if none.
func ancestor(node uint32) string {
	for range 16 {
		var up uint32
		if cr, _, _ := cmParent.Call(uintptr(unsafe.Pointer(&up)), uintptr(node), 0); cr != 0 {
			return ""
		}
		var buf [256]uint16 // an instance has at most 200
		if cr, _, _ := cmID.Call(uintptr(up), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0); cr != 0 {
			return ""
		}
		id := windows.UTF16ToString(buf[:])
		if name, ok := ParseUSBID(id); ok && !name.Interface {
			return id
		}
		node = up
	}
	return ""
}

// property returns the value of a property.
func property(node uint32, key *windows.DEVPROPKEY) ([]byte, error) {
	var buf [8 << 10]byte
	size := uint32(len(buf))
	var kind windows.DEVPROPTYPE
	cr, _, _ := cmProperty.Call(uintptr(node), uintptr(unsafe.Pointer(key)), uintptr(unsafe.Pointer(&kind)),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)), 0)
	if cr != 0 {
		return nil, fmt.Errorf("CM_Get_DevNode_Property: %w", windows.CONFIGRET(cr))
	}
	return buf[:min(int(size), len(buf))], nil
}

func stringList(node uint32, key *windows.DEVPROPKEY) []string {
	raw, err := property(node, key)
	if err != nil || len(raw) < 2 {
		return nil
	}
	return splitList(unsafe.Slice((*uint16)(unsafe.Pointer(&raw[0])), len(raw)/2))
}

func stringOf(node uint32, key *windows.DEVPROPKEY) string {
	raw, err := property(node, key)
	if err != nil {
		return ""
	}
	text, _, _ := strings.Cut(utf16Text(raw), "\x00")
	return text
}
