package disasm

import (
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
)

// decodeARM64 decodes the first instruction of code. All of them are four bytes long.
func decodeARM64(code []byte, at Address) (Instruction, int) {
	const size = 4
	d, err := arm64asm.Decode(code[:size])
	if err != nil {
		return Instruction{}, size
	}
	var in Instruction
	in.Mnemonic, in.Operands, _ = strings.Cut(arm64asm.GNUSyntax(d), " ")
	in.Flow = flowARM64(d)
	for _, arg := range d.Args {
		relative, ok := arg.(arm64asm.PCRel)
		if !ok {
			continue
		}
		to := at + Address(relative)
		if d.Op == arm64asm.ADRP { // the page of the address
			to = at&^0xfff + Address(relative)
		}
		in.Operands = strings.Replace(in.Operands, strings.ToLower(relative.String()), to.String(), 1)
		if in.Flow != "" {
			in.Target = &to
		} else {
			in.Refers = &to
		}
	}
	return in, size
}

func flowARM64(d arm64asm.Inst) Flow {
	switch d.Op {
	case arm64asm.B:
		if _, conditional := d.Args[0].(arm64asm.Cond); conditional {
			return Branch
		}
		return Jump
	case arm64asm.BR:
		return Jump
	case arm64asm.CBZ, arm64asm.CBNZ, arm64asm.TBZ, arm64asm.TBNZ:
		return Branch
	case arm64asm.BL, arm64asm.BLR, arm64asm.SVC, arm64asm.HVC, arm64asm.SMC:
		return Call
	case arm64asm.RET, arm64asm.ERET:
		return Return
	case arm64asm.BRK, arm64asm.HLT:
		return Stop
	}
	return ""
}
