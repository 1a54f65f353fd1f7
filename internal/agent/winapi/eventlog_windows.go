package winapi

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

var (
	wevtapi               = windows.NewLazySystemDLL("wevtapi.dll")
	procEvtSubscribe      = wevtapi.NewProc("EvtSubscribe")
	procEvtNext           = wevtapi.NewProc("EvtNext")
	procEvtRender         = wevtapi.NewProc("EvtRender")
	procEvtClose          = wevtapi.NewProc("EvtClose")
	procEvtCreateBookmark = wevtapi.NewProc("EvtCreateBookmark")
	procEvtOpenLog        = wevtapi.NewProc("EvtOpenLog")
	procEvtGetLogInfo     = wevtapi.NewProc("EvtGetLogInfo")

	advapi32             = windows.NewLazySystemDLL("advapi32.dll")
	procAuditQuerySystem = advapi32.NewProc("AuditQuerySystemPolicy")
	procAuditFree        = advapi32.NewProc("AuditFree")
)

// ErrNoChannel says that the event log has no such channel.
var ErrNoChannel = errors.New("the event log has no such channel")

// Errors and flags of wevtapi.
const (
	errEvtChannelNotFound = syscall.Errno(15007)

	evtSubscribeStartAtOldestRecord = 2
	evtSubscribeStartAfterBookmark  = 3
	evtRenderEventXML               = 1
	evtOpenChannelPath              = 1
	evtLogNumberOfLogRecords        = 5
	evtLogOldestRecordNumber        = 6

	evtBatch = 64 // records that are taken at once
)

// A Subscription reads the records of one channel of the event log as they come.
type Subscription struct {
	handle  uintptr
	arrived windows.Handle // set while there may be records
	buf     []uint16
}

// SubscribeEvents subscribes to the records of a channel that a query chooses,
// behind the record with a number. With 0 it begins with the oldest.
func SubscribeEvents(channel, query string, after uint64) (*Subscription, error) {
	if err := wevtapi.Load(); err != nil {
		return nil, fmt.Errorf("subscribe to the event log: %w", err)
	}
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return nil, err
	}
	filter, err := windows.UTF16PtrFromString(query)
	if err != nil {
		return nil, err
	}
	flags, bookmark := uintptr(evtSubscribeStartAtOldestRecord), uintptr(0)
	if after > 0 {
		flags = evtSubscribeStartAfterBookmark
		text, err := windows.UTF16PtrFromString(fmt.Sprintf(`<BookmarkList><Bookmark Channel='%s' RecordId='%d' IsCurrent='true'/></BookmarkList>`, channel, after))
		if err != nil {
			return nil, err
		}
		if bookmark, _, err = procEvtCreateBookmark.Call(uintptr(unsafe.Pointer(text))); bookmark == 0 {
			return nil, fmt.Errorf("EvtCreateBookmark: %w", err)
		}
		defer closeEvt(bookmark)
	}
	// Manual: EvtNext resets it when nothing is left.
	arrived, err := windows.CreateEvent(nil, 1, 1, nil)
	if err != nil {
		return nil, fmt.Errorf("CreateEvent: %w", err)
	}
	handle, _, err := procEvtSubscribe.Call(0, uintptr(arrived), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(filter)), bookmark, 0, 0, flags)
	if handle == 0 {
		_ = windows.CloseHandle(arrived)
		return nil, fmt.Errorf("subscribe to the channel %s: %w", channel, evtError(err))
	}
	return &Subscription{handle: handle, arrived: arrived, buf: make([]uint16, 4096)}, nil
}

func evtError(err error) error {
	switch {
	case errors.Is(err, errEvtChannelNotFound):
		return ErrNoChannel
	case errors.Is(err, windows.ERROR_SUCCESS):
		return errors.New("the system says no reason")
	}
	return err
}

func closeEvt(handle uintptr) { _, _, _ = procEvtClose.Call(handle) }

// Close ends the subscription.
func (s *Subscription) Close() {
	closeEvt(s.handle)
	_ = windows.CloseHandle(s.arrived)
}

// Next returns records as XML, the oldest first. It waits for one so long, and
// returns none if none came.
func (s *Subscription) Next(wait time.Duration) ([]string, error) {
	state, err := windows.WaitForSingleObject(s.arrived, uint32(wait.Milliseconds()))
	if err != nil {
		return nil, fmt.Errorf("wait for the event log: %w", err)
	}
	if state != windows.WAIT_OBJECT_0 {
		return nil, nil
	}
	var events [evtBatch]uintptr
	var n uint32
	ok, _, err := procEvtNext.Call(s.handle, evtBatch, uintptr(unsafe.Pointer(&events[0])), 0, 0, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) || errors.Is(err, windows.ERROR_TIMEOUT) {
			return nil, windows.ResetEvent(s.arrived)
		}
		return nil, fmt.Errorf("read the event log: %w", err)
	}
	texts := make([]string, 0, n)
	for _, e := range events[:n] {
		text, err := s.render(e)
		closeEvt(e)
		if err != nil {
			text = err.Error() // it is no XML: who reads it counts it, and can say why
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// render returns the XML of an event.
func (s *Subscription) render(e uintptr) (string, error) {
	for {
		var used, properties uint32
		ok, _, err := procEvtRender.Call(0, e, evtRenderEventXML, uintptr(len(s.buf)*2), uintptr(unsafe.Pointer(&s.buf[0])),
			uintptr(unsafe.Pointer(&used)), uintptr(unsafe.Pointer(&properties)))
		switch {
		case ok != 0:
			return windows.UTF16ToString(s.buf[:min(int(used/2), len(s.buf))]), nil
		case !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || int(used) <= len(s.buf)*2 || used > 16<<20:
			return "", fmt.Errorf("EvtRender: %w", err)
		}
		s.buf = make([]uint16, used/2+1)
	}
}

// EventLogState returns the numbers of the oldest and the newest record of a
// channel; 0 and 0 if it is empty.
func EventLogState(channel string) (oldest, newest uint64, err error) {
	if err := wevtapi.Load(); err != nil {
		return 0, 0, fmt.Errorf("open the event log: %w", err)
	}
	path, err := windows.UTF16PtrFromString(channel)
	if err != nil {
		return 0, 0, err
	}
	handle, _, err := procEvtOpenLog.Call(0, uintptr(unsafe.Pointer(path)), evtOpenChannelPath)
	if handle == 0 {
		return 0, 0, fmt.Errorf("open the channel %s: %w", channel, evtError(err))
	}
	defer closeEvt(handle)
	info := func(id uintptr) (uint64, error) {
		var v struct { // EVT_VARIANT
			value       uint64
			count, kind uint32
		}
		var used uint32
		ok, _, err := procEvtGetLogInfo.Call(handle, id, unsafe.Sizeof(v), uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&used)))
		if ok == 0 {
			return 0, fmt.Errorf("ask for the state of the channel %s: %w", channel, evtError(err))
		}
		return v.value, nil
	}
	n, err := info(evtLogNumberOfLogRecords)
	if err != nil || n == 0 {
		return 0, 0, err
	}
	if oldest, err = info(evtLogOldestRecordNumber); err != nil {
		return 0, 0, err
	}
	return oldest, oldest + n - 1, nil
}

// AuditPolicy is what security auditing writes of processes.
type AuditPolicy struct {
	Starts, Ends bool
	CommandLines bool
}

// The subcategories of auditing, and the flag for what succeeded.
var (
	auditProcessCreation    = windows.GUID{Data1: 0x0cce922b, Data2: 0x69ae, Data3: 0x11d9, Data4: [8]byte{0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30}}
	auditProcessTermination = windows.GUID{Data1: 0x0cce922c, Data2: 0x69ae, Data3: 0x11d9, Data4: [8]byte{0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30}}
)

const auditSuccess = 1

// ProcessAuditing returns what the station's policy says.
func ProcessAuditing() (p AuditPolicy, err error) {
	if err := procAuditQuerySystem.Find(); err != nil {
		return p, fmt.Errorf("ask for the audit policy: %w", err)
	}
	if err := EnablePrivilege("SeSecurityPrivilege"); err != nil {
		return p, err
	}
	type policy struct { // AUDIT_POLICY_INFORMATION
		_     windows.GUID
		flags uint32
		_     windows.GUID
	}
	ask := [2]windows.GUID{auditProcessCreation, auditProcessTermination}
	var answer *[2]policy
	ok, _, err := procAuditQuerySystem.Call(uintptr(unsafe.Pointer(&ask[0])), uintptr(len(ask)), uintptr(unsafe.Pointer(&answer)))
	if byte(ok) == 0 { // a BOOLEAN
		return p, fmt.Errorf("ask for the audit policy: %w", err)
	}
	p.Starts, p.Ends = answer[0].flags&auditSuccess != 0, answer[1].flags&auditSuccess != 0
	_, _, _ = procAuditFree.Call(uintptr(unsafe.Pointer(answer)))
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return p, nil // nobody has set it: no command lines
	}
	defer key.Close()
	set, _, err := key.GetIntegerValue("ProcessCreationIncludeCmdLine_Enabled")
	p.CommandLines = err == nil && set == 1
	return p, nil
}
