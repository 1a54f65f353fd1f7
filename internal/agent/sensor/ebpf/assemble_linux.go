package ebpf

import (
	"fmt"

	"github.com/cilium/ebpf/asm"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

// A program is assembled by appending. Registers R6 to R9 keep their values over
// calls of the kernel's helpers, R1 to R5 do not; R10 is the end of the stack.
type program struct {
	*layout
	code   asm.Instructions
	labels int
	mark   string // the label that the next instruction gets
}

func (p *program) add(ins ...asm.Instruction) {
	for _, in := range ins {
		if p.mark != "" {
			in, p.mark = in.WithSymbol(p.mark), ""
		}
		p.code = append(p.code, in)
	}
}

// label makes a name that no other place of the program has.
func (p *program) label(what string) string {
	p.labels++
	return fmt.Sprintf("%s_%d", what, p.labels)
}

// here gives the label to the next instruction.
func (p *program) here(label string) {
	if p.mark != "" {
		// Two labels of one place: an instruction that does nothing parts them.
		p.add(asm.Mov.Reg(asm.R1, asm.R10))
	}
	p.mark = label
}

// A field is read from the structure that a register points to.
type field struct{ structure, path string }

// follow loads the last of the fields into dst: each but the last is a pointer to
// the structure of the next. A pointer to nothing reads as 0, as the kernel
// catches it.
func (p *program) follow(dst, src asm.Register, fields ...field) {
	for _, f := range fields {
		size := asm.DWord
		switch n := p.size(f.structure, f.path); {
		case p.err != nil:
			return
		case n == 4:
			size = asm.Word
		case n != 8:
			p.missing("%s of %s has %d bytes", f.path, f.structure, n)
			return
		}
		p.add(asm.LoadMem(dst, src, p.at(f.structure, f.path), size))
		src = dst
	}
}

// to names where a record is written.
type to struct {
	base asm.Register
	off  int16
}

func (r to) store(p *program, at int16, src asm.Register, size asm.Size) {
	p.add(asm.StoreMem(r.base, r.off+at, src, size))
}

// copy follows the fields and stores what is there, as 4 or 8 bytes.
func (r to) copy(p *program, at int16, size asm.Size, src asm.Register, fields ...field) {
	p.follow(asm.R2, src, fields...)
	r.store(p, at, asm.R2, size)
}

// execs stores how often the process of a task has exec'd since its fork.
func (r to) execs(p *program, at int16, task asm.Register) {
	p.follow(asm.R2, task, field{"task_struct", "self_exec_id"})
	p.follow(asm.R3, task, field{"task_struct", "parent_exec_id"})
	p.add(asm.Sub.Reg(asm.R2, asm.R3))
	r.store(p, at, asm.R2, asm.Word)
}

// facts writes what all records have in common, of the task in R6. It uses R1 to
// R3 and R8, and calls a helper.
func (r to) facts(p *program, kind uint32) {
	task := func(path string) field { return field{"task_struct", path} }
	p.add(asm.FnKtimeGetBootNs.Call())
	r.store(p, atTime, asm.R0, asm.DWord)
	p.add(asm.Mov.Imm(asm.R2, int32(kind)))
	r.store(p, atKind, asm.R2, asm.Word)
	r.copy(p, atPID, asm.Word, asm.R6, task("tgid"))
	r.copy(p, atForked, asm.DWord, asm.R6, task("group_leader"), task("start_boottime"))
	r.execs(p, atExecs, asm.R6)

	p.follow(asm.R8, asm.R6, task("real_parent"))
	r.copy(p, atParentPID, asm.Word, asm.R8, task("tgid"))
	r.copy(p, atParentForked, asm.DWord, asm.R8, task("group_leader"), task("start_boottime"))
	r.execs(p, atParentExecs, asm.R8)
	p.add(asm.Mov.Imm(asm.R2, 0))
	r.store(p, atCreator, asm.R2, asm.Word)

	cred := func(path string) field { return field{"cred", path} }
	r.copy(p, atEffective, asm.Word, asm.R6, task("cred"), cred("euid"))
	r.capabilities(p, atCapabilities, "cap_effective")
	r.capabilities(p, atPermitted, "cap_permitted")
	r.spaces(p)
	if p.has("task_struct", "sessionid") {
		r.copy(p, atSession, asm.Word, asm.R6, task("sessionid"))
	} else { // without audit
		p.add(asm.Mov.Imm32(asm.R2, -1))
		r.store(p, atSession, asm.R2, asm.Word)
	}
}

// capabilities writes one of the sets of the task in R6.
func (r to) capabilities(p *program, at int16, set string) {
	cred := field{"task_struct", "cred"}
	if p.has("cred", set+".val") {
		r.copy(p, at, asm.DWord, asm.R6, cred, field{"cred", set + ".val"})
		return
	}
	// Two halves, before Linux 6.3.
	p.follow(asm.R1, asm.R6, cred)
	half := p.at("cred", set+".cap")
	p.add(asm.LoadMem(asm.R2, asm.R1, half+4, asm.Word), asm.LSh.Imm(asm.R2, 32))
	p.add(asm.LoadMem(asm.R3, asm.R1, half, asm.Word), asm.Or.Reg(asm.R2, asm.R3))
	r.store(p, at, asm.R2, asm.DWord)
}

// spaces writes the numbers of the namespaces of the task in R6. It calls helpers.
func (r to) spaces(p *program) {
	at := func(kind int) int16 { return int16(atSpaces + 4*kind) }
	r.copy(p, at(linuxproc.UserSpace), asm.Word, asm.R6, field{"task_struct", "cred"}, field{"cred", "user_ns"}, field{"user_namespace", "ns.inum"})
	for _, s := range []struct {
		kind             int
		field, structure string
	}{
		{linuxproc.GroupSpace, "cgroup_ns", "cgroup_namespace"}, {linuxproc.IPCSpace, "ipc_ns", "ipc_namespace"}, {linuxproc.MountSpace, "mnt_ns", "mnt_namespace"},
		{linuxproc.NetSpace, "net_ns", "net"}, {linuxproc.TimeSpace, "time_ns", "time_namespace"}, {linuxproc.HostSpace, "uts_ns", "uts_namespace"},
	} {
		if p.has("nsproxy", s.field) && p.has(s.structure, "ns.inum") {
			r.copy(p, at(s.kind), asm.Word, asm.R6, field{"task_struct", "nsproxy"}, field{"nsproxy", s.field}, field{s.structure, "ns.inum"})
			continue
		}
		p.add(asm.Mov.Imm(asm.R2, 0))
		r.store(p, at(s.kind), asm.R2, asm.Word)
	}
	// A process has a number in its pid namespace and in each above: the last counts.
	// What nsproxy has is the one of its children.
	p.peek(asm.R2, asm.R6, int32(p.at("task_struct", "thread_pid")))
	p.add(asm.StoreMem(asm.R10, onPointer, asm.R2, asm.DWord))
	p.peek(asm.R2, asm.R2, int32(p.at("pid", "level")))
	number := int32(p.at("upid", "ns")) + 8 // the size of one
	p.add(
		asm.LSh.Imm(asm.R2, 32), asm.RSh.Imm(asm.R2, 32), // of 4 bytes
		asm.Mul.Imm(asm.R2, number),
		asm.LoadMem(asm.R1, asm.R10, onPointer, asm.DWord),
		asm.Add.Reg(asm.R2, asm.R1),
	)
	p.peek(asm.R2, asm.R2, int32(p.at("pid", "numbers"))+int32(p.at("upid", "ns")))
	p.peek(asm.R2, asm.R2, int32(p.at("pid_namespace", "ns.inum")))
	r.store(p, at(linuxproc.PIDSpace), asm.R2, asm.Word)
}

// leave ends the program.
func (p *program) leave() { p.add(asm.Mov.Imm(asm.R0, 0), asm.Return()) }

// unlessLeader goes on at label for a task (R6) that is not the first thread of
// its process.
func (p *program) unlessLeader(label string) {
	p.follow(asm.R1, asm.R6, field{"task_struct", "pid"})
	p.follow(asm.R2, asm.R6, field{"task_struct", "tgid"})
	p.add(asm.JNE.Reg(asm.R1, asm.R2, label))
}

// unlessUser goes on at label for a task (R6) of the kernel itself.
func (p *program) unlessUser(label string) {
	p.follow(asm.R1, asm.R6, field{"task_struct", "flags"})
	p.add(asm.And.Imm(asm.R1, kernelThread), asm.JNE.Imm(asm.R1, 0, label))
}

// count adds 1 to the losses of this processor.
func (p *program) count(m *maps) {
	none := p.label("none")
	p.add(
		asm.StoreImm(asm.R10, -4, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, m.lost.FD()),
		asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, none),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord), asm.Add.Imm(asm.R1, 1),
		asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
	)
	p.here(none)
}

// reserve gets room for a record in the ring, to which R7 then points. Without
// room the loss is counted and the program ends.
func (p *program) reserve(m *maps, size int32) {
	room := p.label("room")
	p.add(
		asm.LoadMapPtr(asm.R1, m.ring.FD()), asm.Mov.Imm(asm.R2, size), asm.Mov.Imm(asm.R3, 0),
		asm.FnRingbufReserve.Call(),
		asm.Mov.Reg(asm.R7, asm.R0),
		asm.JNE.Imm(asm.R7, 0, room),
	)
	p.count(m)
	p.leave()
	p.here(room)
}

// submit hands the record at R7 over. It does not wake the agent, which looks soon
// enough by itself, unless much waits already.
func (p *program) submit(m *maps) {
	little := p.label("little")
	p.add(
		asm.LoadMapPtr(asm.R1, m.ring.FD()), asm.Mov.Imm(asm.R2, availableData), asm.FnRingbufQuery.Call(),
		asm.Mov.Imm(asm.R2, noWakeUp),
		asm.JLT.Imm(asm.R0, ringSize/16, little),
		asm.Mov.Imm(asm.R2, wakeUp),
	)
	p.here(little)
	p.add(asm.Mov.Reg(asm.R1, asm.R7), asm.FnRingbufSubmit.Call())
}
