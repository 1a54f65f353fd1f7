package winapi

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Access lists, as security descriptor strings.
const (
	// installedFolder is for the program and its state: SYSTEM and administrators
	// may do everything, nobody else anything, and nothing is inherited from above.
	installedFolder = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

	// serviceAccess lets everybody who works at the station see that the service is
	// there and runs, and only SYSTEM and administrators start, stop or change it.
	serviceAccess = "D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;IU)(A;;CCLCSWLOCRRC;;;SU)"
)

// Elevated tells whether this process may do what administrators may.
func Elevated() bool { return windows.GetCurrentProcessToken().IsElevated() }

// account returns the account of this process.
func account() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("ask for the account of this process: %w", err)
	}
	return user.User.Sid, nil
}

// MakePrivateFolder makes a folder for SYSTEM, administrators and the account of
// this process alone, and the folders above it where they are missing. One that
// is there stays as it is.
func MakePrivateFolder(dir string) error {
	own, err := account()
	if err != nil {
		return err
	}
	return makeFolder(dir, installedFolder+"(A;OICI;FA;;;"+own.String()+")")
}

// MakeInstalledFolder makes a folder for SYSTEM and administrators alone. One
// that is there and open to others is closed to them, with all that is in it. One
// that belongs to another account is refused: anybody may make folders in
// ProgramData, and would keep what they have open there.
func MakeInstalledFolder(dir string) error {
	err := makeFolder(dir, "O:BA"+installedFolder)
	if err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder: if you do not need it, remove it and begin again", dir)
	}
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("ask whose %s is: %w", dir, err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("ask whose %s is: %w", dir, err)
	}
	own, err := account()
	if err != nil {
		return err
	}
	if !trusted(owner, own) {
		return fmt.Errorf("%s belongs to %s, who may have put something there: look what it is, remove it and begin again", dir, accountName(owner))
	}
	if others, err := Strangers(dir, true); err != nil || len(others) == 0 {
		return err
	}
	return protect(dir, windows.SE_FILE_OBJECT, installedFolder)
}

// makeFolder makes a folder with the access list from its first moment on.
func makeFolder(dir, list string) error {
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return fmt.Errorf("make the access list %s: %w", list, err)
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	if err := windows.CreateDirectory(name, attributes); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the folder %s: %w", dir, err)
	}
	return nil
}

// ProtectKey gives the file at path to SYSTEM and the account of this process
// alone: of a service, to SYSTEM. Administrators can take it back, and must do so
// before they read it.
func ProtectKey(path string) error {
	own, err := account()
	if err != nil {
		return err
	}
	list := "D:P(A;;FA;;;SY)"
	if !own.IsWellKnown(windows.WinLocalSystemSid) {
		list += "(A;;FA;;;" + own.String() + ")"
	}
	return protect(path, windows.SE_FILE_OBJECT, list)
}

// ProtectInstalled gives the file at path to SYSTEM and administrators alone.
func ProtectInstalled(path string) error {
	// They own it too: an owner may always open it again, and of two administrators
	// the one need not be the other.
	return protect(path, windows.SE_FILE_OBJECT, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)")
}

// ProtectService lets only SYSTEM and administrators start, stop and change a service.
func ProtectService(name string) error { return protect(name, windows.SE_SERVICE, serviceAccess) }

// protect gives something an access list, which replaces what it inherits, and an
// owner if the list names one.
func protect(name string, kind windows.SE_OBJECT_TYPE, list string) error {
	sd, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return fmt.Errorf("make the access list %s: %w", list, err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("make the access list %s: %w", list, err)
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("make the access list %s: %w", list, err)
	}
	if owner != nil {
		what |= windows.OWNER_SECURITY_INFORMATION
	}
	if kind == windows.SE_FILE_OBJECT {
		what |= windows.PROTECTED_DACL_SECURITY_INFORMATION
	}
	if err := windows.SetNamedSecurityInfo(name, kind, what, owner, nil, dacl, nil); err != nil {
		return fmt.Errorf("set the access list of %s: %w", name, err)
	}
	return nil
}

// AccessList returns whose a file or folder is and who may do what with it, as a
// security descriptor string.
func AccessList(path string) (string, error) { return accessList(path, windows.SE_FILE_OBJECT) }

// ServiceAccessList is AccessList for a service.
func ServiceAccessList(name string) (string, error) { return accessList(name, windows.SE_SERVICE) }

func accessList(name string, kind windows.SE_OBJECT_TYPE) (string, error) {
	sd, err := windows.GetNamedSecurityInfo(name, kind, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return "", fmt.Errorf("ask for the access list of %s: %w", name, err)
	}
	return sd.String(), nil
}

// Rights to a file or folder.
const (
	fileRead   = windows.GENERIC_READ | windows.GENERIC_ALL | windows.FILE_READ_DATA
	fileChange = windows.GENERIC_WRITE | windows.GENERIC_ALL | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA |
		windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | fileDeleteChild
	fileDeleteChild = 0x40
)

// Strangers returns the accounts that may change a file or folder, or read it if
// that is asked for, and are neither SYSTEM, nor administrators, nor that of this
// process.
func Strangers(path string, read bool) (names []string, err error) {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return nil, fmt.Errorf("ask for the access list of %s: %w", path, err)
	}
	own, err := account()
	if err != nil {
		return nil, err
	}
	note := func(sid *windows.SID) {
		if name := accountName(sid); !trusted(sid, own) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	owner, _, err := sd.Owner() // who may always change the access list
	if err != nil {
		return nil, fmt.Errorf("ask whose %s is: %w", path, err)
	}
	note(owner)
	dacl, _, err := sd.DACL()
	if errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && dacl == nil {
		return append(names, "everybody"), nil // no list at all
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the access list of %s: %w", path, err)
	}
	rights := windows.ACCESS_MASK(fileChange)
	if read {
		rights |= fileRead
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return nil, fmt.Errorf("read the access list of %s: %w", path, err)
		}
		const inheritOnly = 0x8
		switch {
		case ace.Header.AceFlags&inheritOnly != 0, ace.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE:
		case ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE:
			names = append(names, fmt.Sprintf("an entry of the kind %d", ace.Header.AceType))
		case ace.Mask&rights != 0:
			note((*windows.SID)(unsafe.Pointer(&ace.SidStart)))
		}
	}
	return names, nil
}

// trusted tells whether an account may do everything on this system, or is own.
func trusted(sid, own *windows.SID) bool {
	const (
		installer   = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" // TrustedInstaller
		ownerRights = "S-1-3-4"                                                        // the owner's, who is looked at
	)
	text := sid.String()
	return sid.Equals(own) || sid.IsWellKnown(windows.WinLocalSystemSid) || sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		text == installer || text == ownerRights
}

// accountName is for people: the name where it can be had, and the SID.
func accountName(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	if domain != "" {
		name = domain + `\` + name
	}
	return name + " (" + sid.String() + ")"
}
