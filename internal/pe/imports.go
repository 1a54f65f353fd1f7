package pe

import (
	"bufio"
	"crypto/md5"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"sync"
)

// Limits on what is believed of a file. Large programs import some ten thousand
// functions of some hundred libraries.
const (
	mostLibraries = 2048
	mostFunctions = 64 << 10
	longestName   = 512 // bytes
)

// An Import is one function that a file imports.
type Import struct {
	Library string // as the file names it: "KERNEL32.dll"
	Name    string // "": imported by number
	Ordinal uint16
	Address uint32 // in the image, of the place that the loader puts the function's address in
}

// Imports returns what the loader looks up when the program starts, in the order of
// the file. Delayed imports are not among them. An error ends it.
func (f *File) Imports() iter.Seq2[Import, error] {
	return f.imports(ImportDirectory, 20, func(entry []byte) importTable {
		le := binary.LittleEndian
		return importTable{names: le.Uint32(entry), library: le.Uint32(entry[12:]), addresses: le.Uint32(entry[16:])}
	})
}

// DelayedImports returns what is looked up when it is first called, as Imports does.
func (f *File) DelayedImports() iter.Seq2[Import, error] {
	return f.imports(DelayedDirectory, 32, func(entry []byte) importTable {
		le, t := binary.LittleEndian, importTable{}
		if le.Uint32(entry)&1 == 0 {
			t.base = uint32(f.ImageBase)
		}
		if le.Uint32(entry[4:]) != 0 && le.Uint32(entry[12:]) != 0 {
			t.names, t.library, t.addresses = le.Uint32(entry[16:])-t.base, le.Uint32(entry[4:])-t.base, le.Uint32(entry[12:])-t.base
		}
		return t
	})
}

// An importTable says where the names of a library's functions are, the library's name
// and the places for the functions' addresses. Without the latter two it is the last.
type importTable struct {
	names, library, addresses uint32
	base                      uint32 // that the oldest compilers added to all addresses
}

// imports returns what a table of libraries leads to, whose entries have that size.
func (f *File) imports(directory, size int, parse func([]byte) importTable) iter.Seq2[Import, error] {
	return func(yield func(Import, error) bool) {
		functions := 0
		var buf [32]byte
		entry := buf[:size]
		for i := uint32(0); f.Directories[directory].VirtualAddress != 0; i++ {
			if f.ReadAddress(entry, f.Directories[directory].VirtualAddress, i*uint32(size)) < size {
				break // without an empty one at the end, as the loader allows it
			}
			to := parse(entry)
			if to.library == 0 || to.addresses == 0 {
				break
			}
			if i == mostLibraries {
				yield(Import{}, fmt.Errorf("more than %d imported libraries", mostLibraries))
				return
			}
			name, ok := f.Text(to.library, longestName)
			if !ok {
				yield(Import{}, f.pages.fail(fmt.Errorf("the name of imported library %d at address %#x cannot be read", i, to.library)))
				return
			}
			// The table of names may be missing: then that of addresses has them.
			if to.names == 0 || f.place(to.names).n == 0 {
				to.names = to.addresses
			}
			if !f.functions(name, to, &functions, yield) {
				return
			}
		}
		if f.pages.err != nil {
			yield(Import{}, f.pages.err)
		}
	}
}

// functions yields those of one library, and counts them.
func (f *File) functions(library string, table importTable, count *int, yield func(Import, error) bool) bool {
	size := uint32(4)
	if f.Wide {
		size = 8
	}
	for i := uint32(0); ; i++ {
		var raw [8]byte
		if f.ReadAddress(raw[:size], table.names, i*size) < int(size) {
			return true
		}
		entry := binary.LittleEndian.Uint64(raw[:])
		if entry == 0 {
			return true
		}
		if *count++; *count > mostFunctions {
			yield(Import{}, fmt.Errorf("more than %d imported functions", mostFunctions))
			return false
		}
		im := Import{Library: library, Address: table.addresses + i*size}
		if entry>>(8*size-1) == 1 {
			im.Ordinal = uint16(entry)
		} else if entry > 1<<31 {
			yield(Import{}, fmt.Errorf("function %d of library %.40q is at the address %#x, outside the image", i, library, entry))
			return false
		} else if name, ok := f.Text(uint32(entry)-table.base+2, longestName); ok { // behind a number that is a hint
			im.Name = name
		} else {
			yield(Import{}, f.pages.fail(fmt.Errorf("the name of function %d of library %.40q at address %#x cannot be read", i, library, entry)))
			return false
		}
		if !yield(im, nil) {
			return false
		}
	}
}

// IMPHASH returns the digest of what is imported that everybody computes alike, in
// lower-case hexadecimal; "" for a file that imports nothing. Equal ones tell that
// programs are relatives.
//
// It is the MD5 of "library.function" of all imports in their order, in lower case
// and with commas between them. The library is without its ending, if that is .dll,
// .sys or .ocx; a number stands as "ord12", or by the name that it has in libraries
// which are often imported so.
func (f *File) IMPHASH() (string, error) {
	sum, first := md5.New(), true
	var line []byte
	for im, err := range f.Imports() {
		if err != nil {
			return "", err
		}
		if line = line[:0]; !first {
			line = append(line, ',')
		}
		first = false
		library := strings.ToLower(im.Library)
		function := strings.ToLower(im.Name)
		if function == "" {
			function = ordinals()[ordinal{library, im.Ordinal}]
		}
		if function == "" {
			function = fmt.Sprintf("ord%d", im.Ordinal)
		}
		if dot := strings.LastIndexByte(library, '.'); dot >= 0 {
			switch library[dot+1:] {
			case "dll", "sys", "ocx":
				library = library[:dot]
			}
		}
		line = append(line, library...)
		line = append(append(line, '.'), function...)
		sum.Write(line)
	}
	if first {
		return "", nil
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ordinal is a function by its number.
type ordinal struct {
	library string // in lower case
	number  uint16
}

// ordinalNames lists "library number name", as the digest's definition has them.
//
//go:embed ordinals.txt
var ordinalNames string

var ordinals = sync.OnceValue(func() map[ordinal]string {
	names := map[ordinal]string{}
	for lines := bufio.NewScanner(strings.NewReader(ordinalNames)); lines.Scan(); {
		var o ordinal
		var name string
		if _, err := fmt.Sscan(lines.Text(), &o.library, &o.number, &name); err != nil {
			panic("ordinals.txt: " + lines.Text())
		}
		names[o] = strings.ToLower(name)
	}
	return names
})
