package disasm

import (
	"errors"
	"regexp"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// decodeX86 decodes the first instruction of code and returns how long it is. What
// is none is one byte; one that goes on behind the end is 0 bytes long.
func decodeX86(code []byte, at Address, mode int) (Instruction, int) {
	if len(code) >= 4 && string(code[:3]) == "\xf3\x0f\x1e" && (code[3] == 0xfa || code[3] == 0xfb) {
		// Where a jump may land: the decoder does not know it, and many programs begin so.
		return Instruction{Mnemonic: map[byte]string{0xfa: "endbr64", 0xfb: "endbr32"}[code[3]]}, 4
	}
	d, err := x86asm.Decode(code, mode)
	if errors.Is(err, x86asm.ErrTruncated) {
		return Instruction{}, 0
	}
	if err != nil || d.Op == 0 || d.Len <= 0 || d.Len > len(code) { // without Op it is a prefix of nothing
		return Instruction{}, 1
	}
	var in Instruction
	in.Mnemonic, in.Operands = textX86(d, at)
	in.Flow = flowX86(d)
	next := at + Address(d.Len)
	for _, arg := range d.Args {
		switch a := arg.(type) {
		case x86asm.Rel:
			in.Target = within(next+Address(a), mode)
		case x86asm.Mem:
			switch {
			case a.Base == x86asm.RIP || a.Base == x86asm.EIP:
				in.Refers = within(next+Address(a.Disp), mode)
			case a.Base == 0 && a.Index == 0 && a.Segment != x86asm.FS && a.Segment != x86asm.GS:
				in.Refers = within(Address(a.Disp), mode)
			}
		}
	}
	return in, d.Len
}

// scaled is an index as the decoder writes it: "8*rdx".
var scaled = regexp.MustCompile(`\b([1248])\*([a-z][a-z0-9]*)`)

// unsized is memory of which the decoder does not write how much.
var unsized = regexp.MustCompile(`(^|, )ptr \[`)

// textX86 returns an instruction as most disassemblers write it.
func textX86(d x86asm.Inst, at Address) (mnemonic, operands string) {
	mnemonic, operands = splitX86(x86asm.IntelSyntax(d, uint64(at), noName))
	op := strings.ToLower(d.Op.String())
	switch {
	case d.Op == x86asm.NOP:
		operands, _, _ = strings.Cut(operands, ", ") // the rest of the code is no operand
	case isString(d.Op):
		operands = "" // the name says it all
	case strings.HasPrefix(op, "j"), strings.HasPrefix(op, "set"), strings.HasPrefix(op, "cmov"):
		// Of the names of a condition the usual one: ja, and not jnbe.
		if prefixes, _, several := cutLast(mnemonic, " "); several {
			mnemonic = prefixes + " " + op
		} else {
			mnemonic = op
		}
	}
	if strings.Contains(operands, "*") {
		operands = scaled.ReplaceAllString(operands, "$2*$1")
	}
	operands = strings.ReplaceAll(operands, "[]", "[0x0]")
	switch d.Op {
	case x86asm.FLD, x86asm.FSTP, x86asm.FBLD, x86asm.FBSTP: // of these the decoder leaves it out
		operands = unsized.ReplaceAllString(operands, "${1}tbyte ptr [")
	case x86asm.LEA: // reads no memory
		operands = strings.Replace(operands, " ptr [", " [", 1)
	}
	return mnemonic, operands
}

func noName(uint64) (string, uint64) { return "", 0 }

// cutLast cuts s at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// isString tells whether an instruction has no operands but those that all of its
// kind have.
func isString(op x86asm.Op) bool {
	switch op {
	case x86asm.MOVSB, x86asm.MOVSW, x86asm.MOVSD, x86asm.MOVSQ, x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ,
		x86asm.STOSB, x86asm.STOSW, x86asm.STOSD, x86asm.STOSQ, x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ,
		x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ:
		return true
	}
	return false
}

// within returns an address as a program of so many bits has it.
func within(a Address, bits int) *Address {
	if bits == 32 {
		a &= 1<<32 - 1
	}
	return &a
}

// splitX86 splits a text into mnemonic and operands. Prefixes, of which the longest
// instructions have a dozen, belong to the mnemonic.
func splitX86(text string) (mnemonic, operands string) {
	rest := text
	for {
		word, after, more := strings.Cut(rest, " ")
		if !more {
			return text, ""
		}
		if rest = after; !prefixX86(word) {
			return text[:len(text)-len(after)-1], after
		}
	}
}

func prefixX86(word string) bool {
	switch word {
	case "lock", "rep", "repe", "repz", "repne", "repnz", "data16", "data32", "addr16", "addr32", "addr64",
		"xacquire", "xrelease", "bnd", "es", "cs", "ss", "ds", "fs", "gs", "pt", "pn":
		return true
	}
	return strings.HasPrefix(word, "rex")
}

func flowX86(d x86asm.Inst) Flow {
	switch d.Op {
	case x86asm.INT:
		const breakpoint, failFast = 3, 0x29 // of Windows: the program ends at once
		if n, ok := d.Args[0].(x86asm.Imm); ok && (n == breakpoint || n == failFast) {
			return Stop
		}
		return Call
	case x86asm.JMP, x86asm.LJMP:
		return Jump
	case x86asm.CALL, x86asm.LCALL, x86asm.SYSCALL, x86asm.SYSENTER, x86asm.INTO:
		return Call
	case x86asm.RET, x86asm.LRET, x86asm.IRET, x86asm.IRETD, x86asm.IRETQ, x86asm.SYSRET, x86asm.SYSEXIT:
		return Return
	case x86asm.UD1, x86asm.UD2, x86asm.HLT:
		return Stop
	case x86asm.JA, x86asm.JAE, x86asm.JB, x86asm.JBE, x86asm.JCXZ, x86asm.JE, x86asm.JECXZ, x86asm.JG, x86asm.JGE, x86asm.JL, x86asm.JLE,
		x86asm.JNE, x86asm.JNO, x86asm.JNP, x86asm.JNS, x86asm.JO, x86asm.JP, x86asm.JRCXZ, x86asm.JS,
		x86asm.LOOP, x86asm.LOOPE, x86asm.LOOPNE, x86asm.XBEGIN:
		return Branch
	}
	return ""
}
