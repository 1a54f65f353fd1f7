package winapi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A Signature is what Windows thinks of a file's signature.
type Signature struct {
	Trusted bool   // it is good, and the system trusts who made it
	Signer  string // who the certificate names; "" for a file without a signature
	Catalog bool   // it stands in a catalog of the system, not in the file
	Status  uint32 // what WinVerifyTrust returned
}

// What WinVerifyTrust returns for files that have no signature of their own.
const (
	trustNoSignature     = 0x800b0100
	trustUnknownProvider = 0x800b0001
	trustUnknownSubject  = 0x800b0003 // the form of the file cannot be signed
)

var (
	wintrust = windows.NewLazySystemDLL("wintrust.dll")

	provDataFromState   = wintrust.NewProc("WTHelperProvDataFromStateData")
	provSignerFromChain = wintrust.NewProc("WTHelperGetProvSignerFromChain")
	provCertFromChain   = wintrust.NewProc("WTHelperGetProvCertFromChain")

	catAcquire     = wintrust.NewProc("CryptCATAdminAcquireContext2")
	catRelease     = wintrust.NewProc("CryptCATAdminReleaseContext")
	catHash        = wintrust.NewProc("CryptCATAdminCalcHashFromFileHandle2")
	catEnum        = wintrust.NewProc("CryptCATAdminEnumCatalogFromHash")
	catInfo        = wintrust.NewProc("CryptCATCatalogInfoFromContext")
	catReleaseFile = wintrust.NewProc("CryptCATAdminReleaseCatalogContext")
)

// VerifySignature asks Windows whether the file is signed, by itself or in one of
// the system's catalogs, as most of Windows is. Nothing is asked of the network: a
// certificate that was revoked since is not noticed. It reads the file up to three
// times, and takes as long as that does.
func VerifySignature(f *os.File) (Signature, error) {
	// Providers keep what they do with the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := VerifyOwnSignature(f)
	if err != nil {
		return Signature{}, err
	}
	switch own.Status {
	case trustNoSignature, trustUnknownProvider, trustUnknownSubject:
	default:
		return own, nil
	}
	path, err := windows.UTF16PtrFromString(f.Name())
	if err != nil {
		return Signature{}, fmt.Errorf("verify the signature of %q: %w", f.Name(), err)
	}
	for _, algorithm := range []string{"SHA256", "SHA1"} {
		listed, ok, err := verifyListed(f, path, algorithm)
		if err != nil {
			return Signature{}, fmt.Errorf("look for %q in the system's catalogs: %w", f.Name(), err)
		}
		if ok {
			return listed, nil
		}
	}
	return own, nil
}

// VerifyOwnSignature is VerifySignature without the system's catalogs.
func VerifyOwnSignature(f *os.File) (Signature, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path, err := windows.UTF16PtrFromString(f.Name())
	if err != nil {
		return Signature{}, fmt.Errorf("verify the signature of %q: %w", f.Name(), err)
	}
	file := windows.WinTrustFileInfo{FilePath: path, File: windows.Handle(f.Fd())}
	file.Size = uint32(unsafe.Sizeof(file))
	return verify(windows.WTD_CHOICE_FILE, unsafe.Pointer(&file)), nil
}

// verify asks about a file, or about its entry in a catalog.
func verify(choice uint32, what unsafe.Pointer) Signature {
	action := windows.WINTRUST_ACTION_GENERIC_VERIFY_V2
	data := windows.WinTrustData{
		UIChoice: windows.WTD_UI_NONE, RevocationChecks: windows.WTD_REVOKE_NONE, UnionChoice: choice, FileOrCatalogOrBlobOrSgnrOrCert: what,
		StateAction: windows.WTD_STATEACTION_VERIFY,
		ProvFlags:   windows.WTD_CACHE_ONLY_URL_RETRIEVAL | windows.WTD_REVOCATION_CHECK_NONE | windows.WTD_DISABLE_MD2_MD4,
	}
	data.Size = uint32(unsafe.Sizeof(data))
	err := windows.WinVerifyTrustEx(windows.InvalidHWND, &action, &data)
	s := Signature{Trusted: err == nil, Catalog: choice == windows.WTD_CHOICE_CATALOG}
	if errno, ok := errors.AsType[windows.Errno](err); ok {
		s.Status = uint32(errno)
		s.Trusted = s.Status == 0 // the upper half of the register says nothing
	}
	s.Signer = signerOf(data.StateData)
	data.StateAction = windows.WTD_STATEACTION_CLOSE
	_ = windows.WinVerifyTrustEx(windows.InvalidHWND, &action, &data)
	return s
}

// signerOf returns whom the certificate of the first signature names.
func signerOf(state windows.Handle) string {
	if state == 0 {
		return ""
	}
	provider, _, _ := provDataFromState.Call(uintptr(state))
	if provider == 0 {
		return ""
	}
	signer, _, _ := provSignerFromChain.Call(provider, 0, 0, 0)
	if signer == 0 {
		return ""
	}
	cert, _, _ := provCertFromChain.Call(signer, 0)
	if cert == 0 {
		return ""
	}
	// CRYPT_PROVIDER_CERT begins with its size and the certificate.
	context := (*struct {
		size uint32
		cert *windows.CertContext
	})(*(*unsafe.Pointer)(unsafe.Pointer(&cert))).cert
	if context == nil {
		return ""
	}
	var name [512]uint16
	n := windows.CertGetNameString(context, windows.CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, nil, &name[0], uint32(len(name)))
	return windows.UTF16ToString(name[:min(int(n), len(name))])
}

// verifyListed looks for the file in the catalogs by a digest of its content.
func verifyListed(f *os.File, path *uint16, algorithm string) (_ Signature, found bool, err error) {
	if err := catAcquire.Find(); err != nil {
		return Signature{}, false, errors.ErrUnsupported
	}
	name, err := windows.UTF16PtrFromString(algorithm)
	if err != nil {
		return Signature{}, false, err
	}
	var admin windows.Handle
	if ok, _, err := catAcquire.Call(uintptr(unsafe.Pointer(&admin)), 0, uintptr(unsafe.Pointer(name)), 0, 0); ok == 0 {
		return Signature{}, false, fmt.Errorf("CryptCATAdminAcquireContext2: %w", err)
	}
	defer catRelease.Call(uintptr(admin), 0)
	var digest [64]byte
	size := uint32(len(digest))
	if ok, _, err := catHash.Call(uintptr(admin), f.Fd(), uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&digest[0])), 0); ok == 0 {
		return Signature{}, false, fmt.Errorf("CryptCATAdminCalcHashFromFileHandle2: %w", err)
	}
	entry, _, _ := catEnum.Call(uintptr(admin), uintptr(unsafe.Pointer(&digest[0])), uintptr(size), 0, 0)
	if entry == 0 {
		return Signature{}, false, nil // in none
	}
	defer catReleaseFile.Call(uintptr(admin), entry, 0)
	var info struct { // CATALOG_INFO
		size uint32
		file [windows.MAX_PATH]uint16
	}
	info.size = uint32(unsafe.Sizeof(info))
	if ok, _, err := catInfo.Call(entry, uintptr(unsafe.Pointer(&info)), 0); ok == 0 {
		return Signature{}, false, fmt.Errorf("CryptCATCatalogInfoFromContext: %w", err)
	}
	// A catalog names its files by their digests.
	tag, err := windows.UTF16PtrFromString(strings.ToUpper(fmt.Sprintf("%x", digest[:size])))
	if err != nil {
		return Signature{}, false, err
	}
	what := catalogInfo{
		catalog: &info.file[0], tag: tag, member: path, file: windows.Handle(f.Fd()),
		digest: &digest[0], digestSize: size, admin: admin,
	}
	what.size = uint32(unsafe.Sizeof(what))
	return verify(windows.WTD_CHOICE_CATALOG, unsafe.Pointer(&what)), true, nil
}

// catalogInfo is WINTRUST_CATALOG_INFO.
type catalogInfo struct {
	size, version        uint32
	catalog, tag, member *uint16
	file                 windows.Handle
	digest               *byte
	digestSize           uint32
	context              uintptr
	admin                windows.Handle
}
