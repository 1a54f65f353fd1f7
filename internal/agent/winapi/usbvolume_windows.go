package winapi

import (
	"errors"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A storageNumber is STORAGE_DEVICE_NUMBER: what a disk and the volumes on it have
// in common.
type storageNumber struct{ kind, device, partition uint32 }

const ioctlStorageNumber = 0x2d1080 // IOCTL_STORAGE_GET_DEVICE_NUMBER: it needs no rights

// diskInterfaces are the classes of device interfaces that disks have.
var diskInterfaces = []windows.GUID{
	{Data1: 0x53f56307, Data2: 0xb6bf, Data3: 0x11d0, Data4: [8]byte{0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}}, // disks
	{Data1: 0x53f56308, Data2: 0xb6bf, Data3: 0x11d0, Data4: [8]byte{0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}}, // CD drives, which sticks may pretend to be
}

// numberOf asks for the disk of a disk, or of a volume.
func numberOf(path string) (n storageNumber, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return n, err
	}
	handle, err := windows.CreateFile(name, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return n, err
	}
	defer windows.CloseHandle(handle)
	var got uint32
	err = windows.DeviceIoControl(handle, ioctlStorageNumber, nil, 0, (*byte)(unsafe.Pointer(&n)), uint32(unsafe.Sizeof(n)), &got, nil)
	if err == nil && uintptr(got) < unsafe.Sizeof(n) {
		err = errors.New("IOCTL_STORAGE_GET_DEVICE_NUMBER: a short answer")
	}
	n.partition = 0
	return n, err
}

// addVolumes adds to devices their disks, and the letters that lie on those.
func addVolumes(list []USBDevice, at map[string]int) {
	on := map[storageNumber]int{}
	for _, class := range diskInterfaces {
		links, err := windows.CM_Get_Device_Interface_List("", &class, windows.CM_GET_DEVICE_INTERFACE_LIST_PRESENT)
		if err != nil {
			continue
		}
		for _, link := range links {
			if link == "" {
				continue
			}
			id := USBInstance(link)
			node, err := locate(id)
			if err != nil {
				continue
			}
			i, ok := at[strings.ToUpper(ancestor(node))]
			if !ok {
				continue // a disk of the station's own
			}
			list[i].Disks = append(list[i].Disks, id)
			if n, err := numberOf(link); err == nil {
				on[n] = i
			}
		}
	}
	if len(on) == 0 {
		return
	}
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return
	}
	for letter := range 26 {
		if mask&(1<<letter) == 0 {
			continue
		}
		drive := string(rune('A'+letter)) + ":"
		n, err := numberOf(`\\.\` + drive)
		if err != nil {
			continue
		}
		if i, ok := on[n]; ok {
			if v, ok := volume(drive); ok {
				list[i].Volumes = append(list[i].Volumes, v)
			}
		}
	}
}

// volume reads what the file system of a letter says of itself; false where
// there is no medium.
func volume(drive string) (USBVolume, bool) {
	v := USBVolume{Letter: drive}
	root, err := windows.UTF16PtrFromString(drive + `\`)
	if err != nil {
		return v, false
	}
	var label, system [windows.MAX_PATH + 1]uint16
	err = windows.GetVolumeInformation(root, &label[0], uint32(len(label)), &v.Serial, nil, nil, &system[0], uint32(len(system)))
	if err != nil {
		return v, !errors.Is(err, windows.ERROR_NOT_READY)
	}
	v.HasSerial, v.Label, v.FileSystem = true, windows.UTF16ToString(label[:]), windows.UTF16ToString(system[:])
	_ = windows.GetDiskFreeSpaceEx(root, nil, &v.Bytes, nil) // without it the size is not known
	return v, true
}
