package anatomy

import (
	"time"

	"github.com/eljefe/eljefe/internal/anatomy/signature"
	"github.com/eljefe/eljefe/internal/disasm"
)

// Version is that of the facts: it rises whenever more or other ones are read of a
// file, so that those kept from before can be told from them.
const Version = 1

// Facts are what a file is. Texts in them are the claims of whoever made it, and
// hostile; they are valid UTF-8 without NUL, and of bounded length. Lists are bounded
// too, and beside those that the bound may cut stands how long they are.
type Facts struct {
	Version int    `json:"version"`
	Size    int64  `json:"size"` // bytes
	SHA256  string `json:"sha256"`
	SHA1    string `json:"sha1"`
	MD5     string `json:"md5"`

	Format  Format `json:"format"`
	Role    Role   `json:"role,omitempty"`    // "" where the format has none
	Managed bool   `json:"managed,omitempty"` // it is for .NET
	Machine string `json:"machine,omitempty"` // the processor, as events name it: x86, x64, arm64, ...

	Entropy   Entropy  `json:"entropy"`
	Entry     *Entry   `json:"entry,omitempty"`     // where it begins to run; nil: nowhere
	Overlay   *Overlay `json:"overlay,omitempty"`   // what follows the parts that the headers speak of
	Image     *Image   `json:"image,omitempty"`     // of an executable of Windows
	ELF       *ELF     `json:"elf,omitempty"`       // of one of Linux
	Script    *Script  `json:"script,omitempty"`    // of a script
	Anomalies []Oddity `json:"anomalies,omitempty"` // what programs of honest makers seldom have
	Unread    []Unread `json:"unread,omitempty"`    // what could not be read
}

// A Format is how a file is laid out.
type Format string

// The formats.
const (
	PE32        Format = "pe32"   // of Windows, 32 bits
	PE32Plus    Format = "pe32+"  // of Windows, 64 bits
	MZ          Format = "mz"     // of DOS or Windows 3, or so damaged that nothing more can be said
	ELF32       Format = "elf32"  // of Linux, 32 bits
	ELF64       Format = "elf64"  // of Linux, 64 bits
	Interpreted Format = "script" // a text that names the program that runs it
	Other       Format = "other"  // anything else
)

// A Role is what a file is there for.
type Role string

// The roles.
const (
	Program  Role = "program"
	Library  Role = "library" // for other programs to load
	Driver   Role = "driver"  // for the kernel to load
	Firmware Role = "firmware"
	Object   Role = "object" // to be linked
	Core     Role = "core"   // the memory of a program that died
)

// Entropy is Shannon's, in bits per byte: 0 for equal bytes, about 6 for code, 8 for
// what is encrypted, compressed or random.
type Entropy struct {
	Whole  float64   `json:"whole"`
	Step   int64     `json:"step"`   // bytes that a point stands for; the last one for what is left
	Points []float64 `json:"points"` // along the file, at most 256
}

// An Entry is the code that runs first.
type Entry struct {
	Address      disasm.Address       `json:"address"` // in memory, where the file wants to be
	Offset       int64                `json:"offset"`  // in the file
	Section      string               `json:"section,omitempty"`
	Bytes        int                  `json:"bytes"`   // of code that were looked at: 4,096, or what there is
	Entropy      float64              `json:"entropy"` // of these, in bits per byte
	SHA256       string               `json:"sha256,omitempty"`
	Instructions []disasm.Instruction `json:"instructions,omitempty"` // up to 400 from the first on, one after the other
	More         bool                 `json:"more,omitempty"`         // there are more in these bytes
	Unknown      bool                 `json:"unknown,omitempty"`      // the code is of a processor that cannot be read here
}

// An Overlay is data that no header speaks of. Signatures are none.
type Overlay struct {
	Offset  int64   `json:"offset"`
	Size    int64   `json:"size"`
	Entropy float64 `json:"entropy"`
}

// A Section is a part of a file.
type Section struct {
	Name    string         `json:"name"`
	Address disasm.Address `json:"address"` // in memory: of Windows relative to the image's begin
	Memory  uint64         `json:"memory"`  // bytes in memory
	Offset  int64          `json:"offset"`  // in the file
	Size    int64          `json:"size"`    // bytes that the header says are in the file
	Entropy float64        `json:"entropy"` // of those that are
	Read    bool           `json:"read,omitempty"`
	Write   bool           `json:"write,omitempty"`
	Execute bool           `json:"execute,omitempty"`
	Flags   string         `json:"flags"` // all of them, in hexadecimal
}

// An Image is what an executable of Windows has beside what all have: the headers
// IMAGE_FILE_HEADER and IMAGE_OPTIONAL_HEADER, and what their directories lead to.
type Image struct {
	Subsystem        string         `json:"subsystem"` // gui, console, native, ...
	Characteristics  []string       `json:"characteristics"`
	Protections      []string       `json:"protections"`  // DllCharacteristics: aslr, dep, ...
	LinkerVersion    string         `json:"linker"`       // "14.29"
	SystemVersion    string         `json:"system"`       // of Windows that is needed at least
	Base             disasm.Address `json:"base"`         // the address that it is made for
	ImageBytes       uint32         `json:"image_bytes"`  // in memory
	HeaderBytes      uint32         `json:"header_bytes"` // SizeOfHeaders
	Checksum         uint32         `json:"checksum"`     // as the header claims; 0: it does not
	ComputedChecksum uint32         `json:"computed_checksum"`

	TimeDateStamp uint32     `json:"time_date_stamp"`
	Compiled      *time.Time `json:"compiled,omitempty"`     // as the header claims; nil: it does not
	Reproducible  bool       `json:"reproducible,omitempty"` // the stamp is a digest

	Directories []Directory `json:"directories"` // those that it has
	Sections    []Section   `json:"sections"`

	IMPHASH       string     `json:"imphash,omitempty"`
	Imports       []Imported `json:"imports,omitempty"`
	ImportCount   int        `json:"import_count"`      // functions, those that are loaded late included
	Exports       *Exports   `json:"exports,omitempty"` // nil: none
	RichHash      string     `json:"rich_hash,omitempty"`
	Rich          []Tool     `json:"rich,omitempty"` // the tools that made it, as Microsoft's linker notes them
	Resources     []Resource `json:"resources,omitempty"`
	ResourceCount int        `json:"resource_count"`
	Icon          []byte     `json:"icon,omitempty"` // PNG of at most 256 by 256, made here of what the file has; base64 in JSON

	VersionStrings []VersionString `json:"version_strings,omitempty"`
	DebugFile      string          `json:"debug_file,omitempty"` // path of the symbols on its maker's machine (PDB)
	Callbacks      int             `json:"callbacks,omitempty"`  // functions that run before the entry point (TLS), up to 64

	Signatures      []signature.Signature `json:"signatures,omitempty"`
	BehindSignature int64                 `json:"behind_signature,omitempty"` // bytes of the file behind the signatures
}

// A Directory tells where something is: IMAGE_DATA_DIRECTORY.
type Directory struct {
	Name    string         `json:"name"`
	Address disasm.Address `json:"address"` // relative to the image; of signatures in the file
	Size    uint32         `json:"size"`
}

// Imported is what a file imports of one library: IMAGE_IMPORT_DESCRIPTOR.
type Imported struct {
	Library   string     `json:"library"`
	Delayed   bool       `json:"delayed,omitempty"` // it is loaded when it is first called
	Functions []Function `json:"functions"`         // of all libraries at most 4,096
}

// A Function is one that is imported or exported.
type Function struct {
	Name    string         `json:"name,omitempty"` // "": it has a number only
	Ordinal uint32         `json:"ordinal,omitempty"`
	Address disasm.Address `json:"address,omitempty"` // relative to the image: of an export, or of the place for an import's address
	Forward string         `json:"forward,omitempty"` // the export is another library's: "NTDLL.RtlAllocateHeap"
}

// Exports are what a file has for others: IMAGE_EXPORT_DIRECTORY.
type Exports struct {
	Name      string     `json:"name"` // of the library, as its linker knew it
	Count     int        `json:"count"`
	Functions []Function `json:"functions"` // at most 4,096
}

// A Tool is one that took part in making a file, as the Rich header has it.
type Tool struct {
	Product uint16 `json:"product"` // number of the tool: compiler, assembler, linker, of a version
	Build   uint16 `json:"build"`
	Count   uint32 `json:"count"` // of objects that it made
}

// A Resource is data that a program carries: IMAGE_RESOURCE_DATA_ENTRY.
type Resource struct {
	Type     string  `json:"type"`     // icon, version, manifest, ...; "#77" for a number without name
	Name     string  `json:"name"`     // "#1" for a number
	Language string  `json:"language"` // as BCP 47 where it is known ("en-US"), or else the number in hexadecimal; "": neutral
	Size     uint32  `json:"size"`
	Offset   int64   `json:"offset"`            // in the file; 0: outside of it
	Entropy  float64 `json:"entropy,omitempty"` // of its first 64 KiB; not measured of less than 4 KiB
}

// A VersionString is a line of the version resource.
type VersionString struct {
	Language string `json:"language"` // as that of a resource
	Name     string `json:"name"`
	Value    string `json:"value"`
}

// ELF is what a file of Linux has beside what all have: Elf64_Ehdr or Elf32_Ehdr, and
// what it leads to.
type ELF struct {
	Interpreter string    `json:"interpreter,omitempty"` // the loader
	Needed      []string  `json:"needed,omitempty"`      // libraries
	Name        string    `json:"name,omitempty"`        // of a library, its own
	RunPath     []string  `json:"run_path,omitempty"`    // where libraries are looked for first
	BuildID     string    `json:"build_id,omitempty"`    // of the linker
	Static      bool      `json:"static,omitempty"`      // it needs no loader
	Package     string    `json:"package,omitempty"`     // of the distribution, as it claims
	Version     string    `json:"version,omitempty"`
	Distributor string    `json:"distributor,omitempty"`
	Sections    []Section `json:"sections"`
	Segments    []Section `json:"segments"` // those that are loaded; they have no name
}

// A Script is a text whose first line names the program that runs it.
type Script struct {
	Interpreter string `json:"interpreter"`
	Arguments   string `json:"arguments,omitempty"`
}

// An Unread is a part of a file that could not be read.
type Unread struct {
	Part string `json:"part"` // imports, exports, resources, ...
	Why  string `json:"why"`
}
