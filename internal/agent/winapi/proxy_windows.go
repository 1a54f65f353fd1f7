package winapi

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SystemProxy returns which proxy the system wants for an address: a list of
// proxies as WinHTTP writes it, and a list of hosts that need none. Both are
// empty where none is to be used.
//
// The machine's own setting (netsh winhttp set proxy) goes first. Else it is what
// the account of this process has: automatic detection or a configuration script,
// where they are on, then a fixed proxy. Detection asks the network, for which
// half a minute may pass.
func SystemProxy(address string) (proxies, bypass string, err error) {
	http := winHTTP{windows.NewLazySystemDLL("winhttp.dll")}
	if err := http.dll.Load(); err != nil {
		return "", "", fmt.Errorf("load winhttp.dll: %w", err)
	}
	var machine proxyInfo
	if ok, _, _ := http.dll.NewProc("WinHttpGetDefaultProxyConfiguration").Call(uintptr(unsafe.Pointer(&machine))); ok != 0 {
		proxies, bypass = take(machine.proxy), take(machine.bypass)
		if machine.access == accessNamedProxy && proxies != "" {
			return proxies, bypass, nil
		}
	}
	var own ieProxy
	if ok, _, err := http.dll.NewProc("WinHttpGetIEProxyConfigForCurrentUser").Call(uintptr(unsafe.Pointer(&own))); ok == 0 {
		if err == windows.ERROR_FILE_NOT_FOUND {
			return "", "", nil // the account has no settings
		}
		return "", "", fmt.Errorf("WinHttpGetIEProxyConfigForCurrentUser: %w", err)
	}
	script, proxies, bypass := take(own.script), take(own.proxy), take(own.bypass)
	if own.detect != 0 || script != "" {
		found, foundBypass, err := http.detect(address, script, own.detect != 0)
		if err == nil {
			return found, foundBypass, nil
		}
		if proxies == "" && script != "" { // without a script there is mostly nothing to detect
			return "", "", err
		}
	}
	return proxies, bypass, nil
}

type winHTTP struct{ dll *windows.LazyDLL }

// detect asks the network, or a configuration script.
func (h winHTTP) detect(address, script string, discover bool) (proxies, bypass string, err error) {
	session, _, err := h.dll.NewProc("WinHttpOpen").Call(0, accessNoProxy, 0, 0, 0)
	if session == 0 {
		return "", "", fmt.Errorf("WinHttpOpen: %w", err)
	}
	defer h.dll.NewProc("WinHttpCloseHandle").Call(session)
	const patience = 5000 // ms, for each step of fetching a script
	_, _, _ = h.dll.NewProc("WinHttpSetTimeouts").Call(session, patience, patience, patience, patience)

	options := autoProxy{logon: 1}
	if discover {
		options.flags |= autoDetect
		options.detect = detectDHCP | detectDNS
	}
	if script != "" {
		if options.script, err = windows.UTF16PtrFromString(script); err != nil {
			return "", "", fmt.Errorf("the address of the proxy script: %w", err)
		}
		options.flags |= autoScript
	}
	target, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return "", "", fmt.Errorf("the server's address: %w", err)
	}
	var found proxyInfo
	ok, _, err := h.dll.NewProc("WinHttpGetProxyForUrl").Call(session, uintptr(unsafe.Pointer(target)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&found)))
	if ok == 0 {
		return "", "", fmt.Errorf("WinHttpGetProxyForUrl: %w", err)
	}
	proxies, bypass = take(found.proxy), take(found.bypass)
	if found.access != accessNamedProxy {
		return "", "", nil
	}
	return proxies, bypass, nil
}

// take returns a text that WinHTTP allocated, and frees it.
func take(text *uint16) string {
	if text == nil {
		return ""
	}
	s := windows.UTF16PtrToString(text)
	_, _, _ = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree").Call(uintptr(unsafe.Pointer(text)))
	return s
}

// Constants of winhttp.h.
const (
	accessNoProxy    = 1 // WINHTTP_ACCESS_TYPE_NO_PROXY
	accessNamedProxy = 3 // WINHTTP_ACCESS_TYPE_NAMED_PROXY
	autoDetect       = 1 // WINHTTP_AUTOPROXY_AUTO_DETECT
	autoScript       = 2 // WINHTTP_AUTOPROXY_CONFIG_URL
	detectDHCP       = 1
	detectDNS        = 2
)

// proxyInfo is WINHTTP_PROXY_INFO.
type proxyInfo struct {
	access        uint32
	proxy, bypass *uint16
}

// ieProxy is WINHTTP_CURRENT_USER_IE_PROXY_CONFIG.
type ieProxy struct {
	detect                int32
	script, proxy, bypass *uint16
}

// autoProxy is WINHTTP_AUTOPROXY_OPTIONS.
type autoProxy struct {
	flags, detect uint32
	script        *uint16
	_             uintptr
	_             uint32
	logon         int32 // let WinHTTP log on where the script's server asks for it
}
