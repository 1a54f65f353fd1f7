package winapi

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	procStartTrace          = advapi32.NewProc("StartTraceW")
	procControlTrace        = advapi32.NewProc("ControlTraceW")
	procEnableTraceEx2      = advapi32.NewProc("EnableTraceEx2")
	procTraceSetInformation = advapi32.NewProc("TraceSetInformation")
	procTraceQueryInfo      = advapi32.NewProc("TraceQueryInformation")
	procEnumerateTraceGuids = advapi32.NewProc("EnumerateTraceGuidsEx")
	procOpenTrace           = advapi32.NewProc("OpenTraceW")
	procProcessTrace        = advapi32.NewProc("ProcessTrace")
	procCloseTrace          = advapi32.NewProc("CloseTrace")
	traceProcedures         = []*windows.LazyProc{procStartTrace, procControlTrace, procEnableTraceEx2, procEnumerateTraceGuids, procOpenTrace, procProcessTrace, procCloseTrace}
)

// What becomes of trace sessions.
var (
	ErrNoTrace       = errors.New("there is no such trace session")
	ErrTooManyTraces = errors.New("the system has as many trace sessions as it allows (1450)")
	ErrTraceDenied   = errors.New("only an administrator may begin a trace session")
)

const (
	errInstanceNotFound = syscall.Errno(4201)
	errInvalidSession   = ^uint64(0)
)

// Modes of a session, and codes of its control.
const (
	modeRealTime      = 0x100
	modeMSFlushTimer  = 0x10
	modeSystemLogger  = 0x02000000
	flagTracedGUID    = 0x20000
	clockSystemTime   = 2
	controlQuery      = 0
	controlStop       = 1
	controlFlush      = 3
	enableProvider    = 1
	captureState      = 2
	classSystemFlags  = 4
	guidQueryInfo     = 1
	processRealTime   = 0x100
	processEvent      = 0x10000000
	enableVersion2    = 2
	longestTraceName  = 1024 // characters
	traceBufferKB     = 64
	traceFlushMS      = 100
	mostProviderBytes = 1 << 20
)

// TraceOptions say how a session begins.
type TraceOptions struct {
	Name    string
	GUID    [16]byte // the session's own
	System  bool     // it takes the kernel's classic events too, from Windows 8 on
	Buffers uint32   // at least, of 64 kB
}

// A Trace is a session of event tracing, which outlives the program that began it.
type Trace struct {
	name    *uint16
	handle  uint64
	options TraceOptions

	// FlushesItself tells that what was traced is delivered within 100 ms. Otherwise
	// Flush must be called that often.
	FlushesItself bool

	mu       sync.Mutex
	consumer uint64 // of OpenTrace; errInvalidSession: none
}

// StartTrace begins a session. One with the same name, as a program that was
// killed leaves it behind, is ended before.
func StartTrace(o TraceOptions) (*Trace, error) {
	for _, p := range traceProcedures {
		if err := p.Find(); err != nil {
			return nil, fmt.Errorf("this system has no event tracing, or not all of it: %w", err)
		}
	}
	name, err := windows.UTF16PtrFromString(o.Name)
	if err != nil {
		return nil, err
	}
	t := &Trace{name: name, options: o, FlushesItself: true, consumer: errInvalidSession}
	for range 3 {
		status := t.start()
		switch {
		case status == windows.ERROR_SUCCESS:
			return t, nil
		case status == windows.ERROR_ALREADY_EXISTS:
			if err := t.Stop(); err != nil && !errors.Is(err, ErrNoTrace) {
				return nil, fmt.Errorf("end the trace session that an earlier agent left behind: %w", err)
			}
		case status == windows.ERROR_INVALID_PARAMETER && t.FlushesItself:
			t.FlushesItself = false // this system knows no flush timer in milliseconds
		default:
			return nil, traceError("StartTrace", status)
		}
	}
	return nil, errors.New("begin a trace session: another program has one with the same name")
}

func (t *Trace) start() syscall.Errno {
	p := t.properties()
	p.logFileMode = modeRealTime
	if t.options.System {
		p.logFileMode |= modeSystemLogger
	}
	p.clientContext, p.bufferSize, p.minimumBuffers, p.maximumBuffers, p.flushTimer = clockSystemTime, traceBufferKB, t.options.Buffers, 4*t.options.Buffers, 1
	if t.FlushesItself {
		p.logFileMode |= modeMSFlushTimer
		p.flushTimer = traceFlushMS
	}
	status, _, _ := procStartTrace.Call(uintptr(unsafe.Pointer(&t.handle)), uintptr(unsafe.Pointer(t.name)), uintptr(unsafe.Pointer(p)))
	return syscall.Errno(status)
}

// properties returns room for EVENT_TRACE_PROPERTIES and the names behind it.
func (t *Trace) properties() *traceProperties {
	const size = unsafe.Sizeof(traceProperties{})
	words := make([]uint64, (size+2*2*longestTraceName)/8)
	p := (*traceProperties)(unsafe.Pointer(&words[0]))
	p.size, p.guid, p.flags, p.loggerNameOffset = uint32(len(words)*8), t.options.GUID, flagTracedGUID, uint32(size)
	return p
}

func traceError(call string, status syscall.Errno) error {
	switch status {
	case windows.ERROR_SUCCESS:
		return nil
	case errInstanceNotFound:
		return ErrNoTrace
	case windows.ERROR_NO_SYSTEM_RESOURCES:
		return ErrTooManyTraces
	case windows.ERROR_ACCESS_DENIED:
		return ErrTraceDenied
	}
	return fmt.Errorf("%s: %w", call, status)
}

func (t *Trace) control(code uintptr) (*traceProperties, error) {
	p := t.properties()
	status, _, _ := procControlTrace.Call(0, uintptr(unsafe.Pointer(t.name)), uintptr(unsafe.Pointer(p)), code)
	return p, traceError("ControlTrace", syscall.Errno(status))
}

// Stop ends the session.
func (t *Trace) Stop() error {
	_, err := t.control(controlStop)
	return err
}

// Flush delivers what was traced so far.
func (t *Trace) Flush() error {
	_, err := t.control(controlFlush)
	return err
}

// TraceState is how a session is.
type TraceState struct {
	Logger                  uint16 // its number
	GUID                    [16]byte
	EventsLost, BuffersLost uint64 // since it began
}

// Query returns how the session is; ErrNoTrace: somebody has ended it.
func (t *Trace) Query() (TraceState, error) {
	p, err := t.control(controlQuery)
	if err != nil {
		return TraceState{}, err
	}
	return TraceState{
		Logger: uint16(p.logger), GUID: p.guid, EventsLost: uint64(p.eventsLost),
		BuffersLost: uint64(p.realTimeBuffersLost) + uint64(p.logBuffersLost),
	}, nil
}

// SetSystemFlags says which of the kernel's classic events a system session takes.
func (t *Trace) SetSystemFlags(flags uint32) error {
	if err := procTraceSetInformation.Find(); err != nil {
		return fmt.Errorf("choose the kernel's events: %w", err)
	}
	mask := [8]uint32{flags}
	status, _, _ := procTraceSetInformation.Call(uintptr(t.handle), classSystemFlags, uintptr(unsafe.Pointer(&mask)), unsafe.Sizeof(mask))
	return traceError("TraceSetInformation", syscall.Errno(status))
}

// SystemFlags returns which they are.
func (t *Trace) SystemFlags() (uint32, error) {
	if err := procTraceQueryInfo.Find(); err != nil {
		return 0, fmt.Errorf("ask for the kernel's events: %w", err)
	}
	var mask [8]uint32
	var n uint32
	status, _, _ := procTraceQueryInfo.Call(uintptr(t.handle), classSystemFlags, uintptr(unsafe.Pointer(&mask)), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&n)))
	return mask[0], traceError("TraceQueryInformation", syscall.Errno(status))
}

// Enable lets the session take the events of a provider.
func (t *Trace) Enable(provider [16]byte, level uint8, keywords uint64, properties uint32) error {
	p := enableParameters{version: enableVersion2, enableProperty: properties, source: t.options.GUID}
	return t.enable(provider, enableProvider, level, keywords, &p)
}

// CaptureState has a provider tell its state: which processes run.
func (t *Trace) CaptureState(provider [16]byte, level uint8, keywords uint64) error {
	return t.enable(provider, captureState, level, keywords, nil)
}

func (t *Trace) enable(provider [16]byte, code uintptr, level uint8, keywords uint64, p *enableParameters) error {
	status, _, _ := procEnableTraceEx2.Call(uintptr(t.handle), uintptr(unsafe.Pointer(&provider)), code, uintptr(level), uintptr(keywords), 0, 0, uintptr(unsafe.Pointer(p)))
	return traceError("EnableTraceEx2", syscall.Errno(status))
}

// Enabled returns the keywords for which a session, by its number, takes the
// events of a provider; false: none.
func Enabled(provider [16]byte, logger uint16) (keywords uint64, enabled bool, err error) {
	buf := make([]uint64, 512)
	for {
		var needed uint32
		status, _, _ := procEnumerateTraceGuids.Call(guidQueryInfo, uintptr(unsafe.Pointer(&provider)), unsafe.Sizeof(provider),
			uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)*8), uintptr(unsafe.Pointer(&needed)))
		switch {
		case syscall.Errno(status) == windows.ERROR_SUCCESS:
			raw := unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), len(buf)*8)
			keywords, enabled = enabledKeywords(raw[:min(int(needed), len(raw))], logger)
			return keywords, enabled, nil
		case syscall.Errno(status) != windows.ERROR_INSUFFICIENT_BUFFER || needed > mostProviderBytes:
			return 0, false, traceError("EnumerateTraceGuidsEx", syscall.Errno(status))
		}
		buf = make([]uint64, needed/8+128)
	}
}

// Consume hands each event to each, one after the other, until Close or until the
// session ends; then it returns nil. ready is called when the session is open and
// before the first event. each must be quick and must not panic: the system waits
// for it.
func (t *Trace) Consume(ready func() error, each func(*TraceEvent)) error {
	// The system delivers on this thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	number := consumers.add(each)
	defer consumers.remove(number)
	logfile := &traceLogfile{
		loggerName: t.name, processTraceMode: processRealTime | processEvent,
		eventRecordCallback: consumers.callback(), context: number,
	}
	var pinner runtime.Pinner
	pinner.Pin(logfile)
	pinner.Pin(t.name)
	defer pinner.Unpin()
	handle, _, err := procOpenTrace.Call(uintptr(unsafe.Pointer(logfile)))
	if uint64(handle) == errInvalidSession {
		return fmt.Errorf("OpenTrace: %w", err)
	}
	t.mu.Lock()
	t.consumer = uint64(handle)
	t.mu.Unlock()
	defer t.Close()
	if err := ready(); err != nil {
		return err
	}
	one := uint64(handle)
	status, _, _ := procProcessTrace.Call(uintptr(unsafe.Pointer(&one)), 1, 0, 0)
	if s := syscall.Errno(status); s != windows.ERROR_CANCELLED {
		return traceError("ProcessTrace", s)
	}
	return nil
}

// Close ends Consume, after what was delivered already. The session goes on.
func (t *Trace) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.consumer == errInvalidSession {
		return
	}
	_, _, _ = procCloseTrace.Call(uintptr(t.consumer)) // "pending" until it has delivered what it has
	t.consumer = errInvalidSession
}

// consumers are the functions that the system's callback hands events to, by a
// number: the system keeps no Go pointers. There is one callback for all, because
// callbacks are never freed.
var consumers consumerTable

type consumerTable struct {
	once    sync.Once
	address uintptr
	last    atomic.Uintptr
	each    sync.Map // number -> func(*TraceEvent)
}

func (c *consumerTable) add(each func(*TraceEvent)) uintptr {
	number := c.last.Add(1)
	c.each.Store(number, each)
	return number
}

func (c *consumerTable) remove(number uintptr) { c.each.Delete(number) }

func (c *consumerTable) callback() uintptr {
	c.once.Do(func() { c.address = windows.NewCallback(c.deliver) })
	return c.address
}

// deliver is called by the system for each event.
func (c *consumerTable) deliver(r *eventRecord) uintptr {
	each, ok := c.each.Load(r.context)
	if !ok {
		return 0
	}
	e := TraceEvent{
		Provider: r.provider, ID: r.id, Version: r.version, Opcode: r.opcode, Classic: r.flags&headerFlagClassic != 0,
		PointerSize: 8, Time: fileTime(r.timeStamp), PID: r.processID, TID: r.threadID,
	}
	if e.Time.IsZero() {
		e.Time = time.Now().UTC()
	}
	if r.flags&headerFlag32Bit != 0 {
		e.PointerSize = 4
	}
	if r.userLength > 0 && r.user != nil {
		e.Payload = unsafe.Slice(r.user, r.userLength)
	}
	if r.extended != nil {
		for _, item := range unsafe.Slice(r.extended, r.extendedCount) {
			if item.kind == extendedStartKey && item.size == 8 && item.data != nil {
				e.StartKey = *(*uint64)(unsafe.Pointer(item.data))
			}
		}
	}
	each.(func(*TraceEvent))(&e)
	return 0
}
