package disasm

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// listing writes instructions as a test has them: one a line.
func listing(list []Instruction) string {
	var out strings.Builder
	for _, in := range list {
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", in.Address, hex.EncodeToString(in.Bytes), in.Mnemonic, in.Operands))
		if in.Mnemonic == "" {
			line = fmt.Sprintf("%s %s data", in.Address, hex.EncodeToString(in.Bytes))
		}
		if in.Flow != "" {
			line += " | " + string(in.Flow)
		}
		if in.Target != nil {
			line += " to " + in.Target.String()
		}
		if in.Refers != nil {
			line += " | refers to " + in.Refers.String()
		}
		if in.Name != "" {
			line += " = " + in.Name
		}
		fmt.Fprintln(&out, line)
	}
	return out.String()
}

func TestCode(t *testing.T) {
	for name, test := range map[string]struct {
		arch Arch
		at   Address
		code string
		want string
	}{
		"x64, branches": {X64, 0x140001000, "4883ec28 7405 e8f0ffffff ebfe 0f85f0ffffff c3 cc 0f0b", `
0x140001000 4883ec28 sub rsp, 0x28
0x140001004 7405 je 0x14000100b | branch to 0x14000100b
0x140001006 e8f0ffffff call 0x140000ffb | call to 0x140000ffb
0x14000100b ebfe jmp 0x14000100b | jump to 0x14000100b
0x14000100d 0f85f0ffffff jne 0x140001003 | branch to 0x140001003
0x140001013 c3 ret | return
0x140001014 cc int3 | stop
0x140001015 0f0b ud2 | stop
`},
		"x64, memory": {X64, 0x1000, "ff1504000000 488b0510000000 65488b042560000000 488d44c810 f348ab 660f1f440000 f30f1efa db3b db6d00", `
0x1000 ff1504000000 call qword ptr [rip+0x4] | call | refers to 0x100a = named
0x1006 488b0510000000 mov rax, qword ptr [rip+0x10] | refers to 0x101d
0x100d 65488b042560000000 mov rax, qword ptr gs:[0x60]
0x1016 488d44c810 lea rax, [rax+rcx*8+0x10]
0x101b f348ab rep stosq
0x101e 660f1f440000 nop word ptr [rax+rax]
0x1024 f30f1efa endbr64
0x1028 db3b fstp tbyte ptr [rbx], st0
0x102a db6d00 fld st0, tbyte ptr [rbp]
`},
		"x86": {X86, 0x401000, "ff250a100000 e9fbefbfff a100000000 0f97c0 f0 0fb10a c20800", `
0x401000 ff250a100000 jmp dword ptr [0x100a] | jump | refers to 0x100a = named
0x401006 e9fbefbfff jmp 0x6 | jump to 0x6
0x40100b a100000000 mov eax, dword ptr [0x0] | refers to 0x0
0x401010 0f97c0 seta al
0x401013 f00fb10a lock cmpxchg dword ptr [edx], ecx
0x401017 c20800 ret 0x8 | return
`},
		"x64, what is none, and what follows": {X64, 0, "06 0e 90 d6 c3 0f", `
0x0 06 data
0x1 0e data
0x2 90 nop
0x3 d6 data
0x4 c3 ret | return
0x5 0f data
`},
		"arm64": {ARM64, 0x140001000, "fd7bbfa9 81000054 00000014 40000094 200000d0 00000010 c0035fd6 00003ed4 ffffffff 6000001c 4000b436 a0", `
0x140001000 fd7bbfa9 stp x29, x30, [sp,#-16]!
0x140001004 81000054 b.ne 0x140001014 | branch to 0x140001014
0x140001008 00000014 b 0x140001008 | jump to 0x140001008
0x14000100c 40000094 bl 0x14000110c | call to 0x14000110c
0x140001010 200000d0 adrp x0, 0x140007000 | refers to 0x140007000
0x140001014 00000010 adr x0, 0x140001014 | refers to 0x140001014
0x140001018 c0035fd6 ret | return
0x14000101c 00003ed4 brk #0xf000 | stop
0x140001020 ffffffff data
0x140001024 6000001c ldr s0, 0x140001030 | refers to 0x140001030
0x140001028 4000b436 tbz w0, #22, 0x13fff9030 | branch to 0x13fff9030
`},
		"an unknown processor": {"s390x", 0, "c3c3", ""},
	} {
		code, err := hex.DecodeString(strings.ReplaceAll(test.code, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got := listing(Code(code, test.at, test.arch, Options{Most: 100, Name: func(a Address) string {
			if a == 0x100a {
				return "named"
			}
			return ""
		}}))
		if want := strings.TrimPrefix(test.want, "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestMost(t *testing.T) {
	if got := Code(make([]byte, 1000), 0, X64, Options{Most: 7}); len(got) != 7 {
		t.Errorf("%d instructions; want 7", len(got))
	}
}

// Addresses of 64 bits come through JSON.
func TestJSON(t *testing.T) {
	to := Address(1<<64 - 2)
	in := Instruction{Address: to + 1, Bytes: Bytes{0xeb, 0xfd}, Mnemonic: "jmp", Flow: Jump, Target: &to}
	raw, err := json.Marshal(in)
	if want := `{"address":"0xffffffffffffffff","bytes":"ebfd","mnemonic":"jmp","flow":"jump","target":"0xfffffffffffffffe"}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v; want %s", raw, err, want)
	}
	var back Instruction
	if err := json.Unmarshal(raw, &back); err != nil || listing([]Instruction{back}) != listing([]Instruction{in}) {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{`{"address":"there"}`, `{"bytes":"xx"}`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// check holds what is promised for whatever bytes: the instructions are one behind the
// other, of the bytes that were given.
func check(t *testing.T, code []byte, arch Arch) {
	t.Helper()
	at := Address(0x140001000)
	rest := code
	for _, in := range Code(code, at, arch, Options{Most: 1 << 20}) {
		if in.Address != at || len(in.Bytes) == 0 || len(in.Bytes) > 15 || string(in.Bytes) != string(rest[:len(in.Bytes)]) {
			t.Fatalf("%s of %x: %+v at %s", arch, code, in, at)
		}
		at, rest = at+Address(len(in.Bytes)), rest[len(in.Bytes):]
	}
	if len(rest) > 15 {
		t.Fatalf("%s of %x: %d bytes are left", arch, code, len(rest))
	}
}

// Bytes by chance, a few million instructions of them.
func TestRandom(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	pieces := 300
	if testing.Short() {
		pieces = 20
	}
	code := make([]byte, 4096)
	for range pieces {
		_, _ = random.Read(code)
		for _, arch := range []Arch{X86, X64, ARM64} {
			check(t, code, arch)
		}
	}
}

func FuzzCode(f *testing.F) {
	f.Add([]byte("\x48\x83\xec\x28\xe8\xf0\xff\xff\xff\xc3"))
	f.Add([]byte("\x62\xf1\x7c\x48\x28\x05\x00\x00\x00\x00\xc5\xf8\x77"))
	f.Add([]byte("\xfd\x7b\xbf\xa9\xc0\x03\x5f\xd6"))
	f.Fuzz(func(t *testing.T, code []byte) {
		for _, arch := range []Arch{X86, X64, ARM64} {
			check(t, code, arch)
		}
	})
}
