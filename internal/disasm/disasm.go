// Package disasm turns machine code into instructions for people: of x86, x64 and
// arm64, one after the other from a first address on.
//
// The code is hostile. Any bytes are taken: what is no instruction is shown as data,
// one byte of x86 and four of arm64, and the next is tried behind it, so that what
// follows is found again. Nothing is followed and nothing is run. Whether bytes are
// code at all, and where it begins, is the callers' to know.
//
// Texts are in the syntax of Intel for x86 and x64, and of ARM for arm64, in lower
// case, with all numbers in hexadecimal.
package disasm

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// An Arch is a processor whose code can be read.
type Arch string

// The processors, as events name them.
const (
	X86   Arch = "x86"
	X64   Arch = "x64"
	ARM64 Arch = "arm64"
)

// Known tells whether the code of a processor can be read.
func Known(a Arch) bool { return a == X86 || a == X64 || a == ARM64 }

// An Address is one of the memory that a program has. Its JSON is a text, as "0x401000":
// not every number of 64 bits is one in a browser.
type Address uint64

// String returns the address in hexadecimal.
func (a Address) String() string { return fmt.Sprintf("%#x", uint64(a)) }

// MarshalText makes JSON of the address.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText takes what MarshalText made.
func (a *Address) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 64)
	if err != nil {
		return fmt.Errorf("the address %.40q is no number: %w", text, err)
	}
	*a = Address(n)
	return nil
}

// Bytes are bytes whose JSON is a text in lower-case hexadecimal.
type Bytes []byte

// MarshalText makes JSON of the bytes.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

// UnmarshalText takes what MarshalText made.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// Flow tells where a program goes on after an instruction, if not with the next.
type Flow string

// The kinds of flow.
const (
	Jump   Flow = "jump"   // elsewhere
	Branch Flow = "branch" // elsewhere, or with the next
	Call   Flow = "call"   // elsewhere, and then with the next
	Return Flow = "return" // where it was called
	Stop   Flow = "stop"   // nowhere: it traps
)

// An Instruction is one of a program, or bytes that are none.
type Instruction struct {
	Address  Address `json:"address"`
	Bytes    Bytes   `json:"bytes"`
	Mnemonic string  `json:"mnemonic,omitempty"` // with prefixes, as "lock xadd"; "": the bytes are data
	Operands string  `json:"operands,omitempty"`
	Flow     Flow    `json:"flow,omitempty"` // "": the next one follows

	Target *Address `json:"target,omitempty"` // where Flow leads; nil: it is not said, or only known when it runs
	Refers *Address `json:"refers,omitempty"` // the memory whose address the instruction has in it
	Name   string   `json:"name,omitempty"`   // of what is at Target or Refers
}

// Options are what Code is told beside the code.
type Options struct {
	Most int                  // instructions, and pieces of data, that are returned at most
	Name func(Address) string // names what is at an address, "" for most; nil: nothing has a name
}

// Code returns the instructions of code that begins at an address. It ends with the
// last one that is whole. Of a processor that is not known there are none.
func Code(code []byte, at Address, arch Arch, o Options) []Instruction {
	var one func(code []byte, at Address) (Instruction, int)
	unit := 1
	switch arch {
	case X86:
		one = func(code []byte, at Address) (Instruction, int) { return decodeX86(code, at, 32) }
	case X64:
		one = func(code []byte, at Address) (Instruction, int) { return decodeX86(code, at, 64) }
	case ARM64:
		one, unit = decodeARM64, 4
	default:
		return nil
	}
	var list []Instruction
	for len(code) >= unit && len(list) < o.Most {
		in, n := one(code, at)
		if n == 0 { // it goes on behind the end
			break
		}
		in.Address, in.Bytes = at, Bytes(code[:n:n])
		if o.Name != nil {
			for _, to := range []*Address{in.Target, in.Refers} {
				if to != nil && in.Name == "" {
					in.Name = o.Name(*to)
				}
			}
		}
		list = append(list, in)
		code, at = code[n:], at+Address(n)
	}
	return list
}
