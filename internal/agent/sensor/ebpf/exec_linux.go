package ebpf

import (
	"github.com/cilium/ebpf/asm"
)

// Places on the stack, below the record that foundProgram puts together there.
const (
	onKey     = -factsSize - 8
	onRead    = -factsSize - 16 // what a helper read
	onPointer = -factsSize - 24
)

// How much has been written behind the record's fixed part is counted in the
// record itself, at atWritten. The kernel's verifier knows nothing of what stands
// there, so that it is compared with its limit after each load. On the stack the
// verifier would follow each length that it can have, through all names of both
// paths, and give up.

// execProgram tells what a process runs now: sched_process_exec(task, old pid,
// binprm). The record is too large for the stack and is put together in the
// processor's scratch, to which R7 points.
func execProgram(l *layout, m *maps) asm.Instructions {
	p := newProgram(l, 0)
	p.add(
		asm.StoreImm(asm.R10, onKey, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, m.scratch.FD()),
		asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, onKey),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "end"),
		asm.Mov.Reg(asm.R7, asm.R0),
	)
	rec := to{asm.R7, 0}
	rec.facts(p, kindExec)
	p.add(asm.Mov.Imm(asm.R1, 0))
	for at := int16(atImage); at < execSize; at += 4 {
		rec.store(p, at, asm.R1, asm.Word)
	}
	p.path(rec, atImage, mostPath, []field{{"task_struct", "mm"}, {"mm_struct", "exe_file"}}, "file", "f_path")
	p.path(rec, atDirectory, 2*mostPath, []field{{"task_struct", "fs"}}, "fs_struct", "pwd")
	p.group(rec, 2*mostPath+mostGroup)
	p.commandLine(rec)

	p.add(
		asm.LoadMem(asm.R3, asm.R7, atWritten, asm.Word),
		asm.JGT.Imm(asm.R3, 2*mostPath+mostGroup+mostArguments, "end"),
		asm.Add.Imm(asm.R3, execSize),
		asm.LoadMapPtr(asm.R1, m.ring.FD()), asm.Mov.Reg(asm.R2, asm.R7), asm.Mov.Imm(asm.R4, wakeUp),
		asm.FnRingbufOutput.Call(),
		asm.JEq.Imm(asm.R0, 0, "end"),
	)
	p.count(m)
	p.here("end")
	p.leave()
	return p.code
}

// peek reads 8 bytes of the kernel's memory, at an offset from a register that
// holds a mere number, into dst. A place that cannot be read gives 0.
func (p *program) peek(dst, from asm.Register, offset int32) {
	p.add(
		asm.Mov.Reg(asm.R3, from), asm.Add.Imm(asm.R3, offset),
		asm.Mov.Imm(asm.R2, 8),
		asm.Mov.Reg(asm.R1, asm.R10), asm.Add.Imm(asm.R1, onRead),
		asm.FnProbeReadKernel.Call(),
		asm.LoadMem(dst, asm.R10, onRead, asm.DWord),
	)
}

// path writes the names of a path, the last first and each with a zero behind it,
// and how many bytes they have at the place at of the record. The path is that of
// a structure to which fields lead. It goes up to the root of the mount namespace:
// in a container that is the container's. R8 is the current entry, R9 its mount.
func (p *program) path(rec to, at int16, limit int32, fields []field, structure, path string) {
	done, out := p.label("done"), p.label("out")
	p.follow(asm.R1, asm.R6, fields...)
	p.follow(asm.R8, asm.R1, field{structure, path + ".dentry"})
	p.follow(asm.R9, asm.R1, field{structure, path + ".mnt"})
	p.begin(rec, at)
	root, mount := int32(p.at("vfsmount", "mnt_root")), int32(p.at("mount", "mnt"))
	for range mostNames {
		named, next := p.label("named"), p.label("next")
		p.peek(asm.R1, asm.R9, root)
		p.add(asm.JNE.Reg(asm.R1, asm.R8, named))
		// The root of a mount: go on where it is mounted, unless on itself.
		p.peek(asm.R1, asm.R9, int32(p.at("mount", "mnt_parent"))-mount)
		p.add(
			asm.Mov.Reg(asm.R2, asm.R9), asm.Add.Imm(asm.R2, -mount),
			asm.JEq.Reg(asm.R1, asm.R2, done),
			asm.StoreMem(asm.R10, onPointer, asm.R1, asm.DWord),
		)
		p.peek(asm.R8, asm.R9, int32(p.at("mount", "mnt_mountpoint"))-mount)
		p.add(
			asm.LoadMem(asm.R9, asm.R10, onPointer, asm.DWord), asm.Add.Imm(asm.R9, mount),
			asm.Ja.Label(next),
		)
		p.here(named)
		p.peek(asm.R1, asm.R8, int32(p.at("dentry", "d_parent")))
		p.add(
			asm.JEq.Reg(asm.R1, asm.R8, done), // of no mount at all
			asm.JEq.Imm(asm.R1, 0, out),
			asm.StoreMem(asm.R10, onPointer, asm.R1, asm.DWord),
		)
		p.peek(asm.R3, asm.R8, int32(p.at("dentry", "d_name.name")))
		p.name(limit, out)
		p.here(next)
	}
	p.finish(at, done, out)
}

// group writes the names of the control group's path, like path does. R8 is the
// current group. A kernel without such groups writes nothing.
func (p *program) group(rec to, limit int32) {
	if !p.has("task_struct", "cgroups") {
		return
	}
	done, out := p.label("done"), p.label("out")
	above := "parent"
	if !p.has("kernfs_node", above) {
		above = "__parent" // since Linux 6.15
	}
	p.follow(asm.R1, asm.R6, field{"task_struct", "cgroups"})
	if number, ok := p.memoryGroup(); ok && !p.oneHierarchy {
		// Each controller may have a hierarchy. Who makes containers limits their memory.
		p.peek(asm.R1, asm.R1, int32(p.at("css_set", "subsys"))+8*int32(number))
		p.peek(asm.R1, asm.R1, int32(p.at("cgroup_subsys_state", "cgroup")))
	} else {
		p.peek(asm.R1, asm.R1, int32(p.at("css_set", "dfl_cgrp")))
	}
	p.peek(asm.R8, asm.R1, int32(p.at("cgroup", "kn")))
	p.begin(rec, atGroup)
	for range mostGroups {
		p.peek(asm.R1, asm.R8, int32(p.at("kernfs_node", above)))
		p.add(
			asm.JEq.Imm(asm.R1, 0, done), // the root has no name
			asm.StoreMem(asm.R10, onPointer, asm.R1, asm.DWord),
		)
		p.peek(asm.R3, asm.R8, int32(p.at("kernfs_node", "name")))
		p.name(limit, out)
	}
	p.finish(atGroup, done, out)
}

// begin notes at a place of the record where names begin, for now.
func (p *program) begin(rec to, at int16) {
	p.add(asm.LoadMem(asm.R1, asm.R7, atWritten, asm.Word))
	rec.store(p, at, asm.R1, asm.Word)
}

// name writes the name to which R3 points, or goes on at out if that cannot be
// done. R8 becomes what stands at onPointer.
func (p *program) name(limit int32, out string) {
	p.add(
		asm.LoadMem(asm.R8, asm.R10, onPointer, asm.DWord),
		asm.LoadMem(asm.R4, asm.R7, atWritten, asm.Word),
		asm.JGT.Imm(asm.R4, limit-mostName, out),
		asm.Mov.Reg(asm.R1, asm.R7), asm.Add.Reg(asm.R1, asm.R4), asm.Add.Imm(asm.R1, execSize),
		asm.Mov.Imm(asm.R2, mostName),
		asm.FnProbeReadKernelStr.Call(),
		asm.JSLT.Imm(asm.R0, 1, out),
		asm.JSGT.Imm(asm.R0, mostName, out),
		asm.LoadMem(asm.R4, asm.R7, atWritten, asm.Word),
		asm.Add.Reg(asm.R4, asm.R0),
		asm.StoreMem(asm.R7, atWritten, asm.R4, asm.Word),
	)
}

// finish writes how many bytes the names have that began at a place. Behind the
// last of them, and at out, is more that could not be written; not so at done.
func (p *program) finish(at int16, done, out string) {
	p.here(out)
	p.add(
		asm.LoadMem(asm.R1, asm.R7, atCut, asm.Word),
		asm.Or.Imm(asm.R1, map[int16]int32{atImage: cutImage, atDirectory: cutDirectory, atGroup: cutGroup}[at]),
		asm.StoreMem(asm.R7, atCut, asm.R1, asm.Word),
	)
	p.here(done)
	p.add(
		asm.LoadMem(asm.R1, asm.R7, atWritten, asm.Word), asm.LoadMem(asm.R2, asm.R7, at, asm.Word),
		asm.Sub.Reg(asm.R1, asm.R2), asm.StoreMem(asm.R7, at, asm.R1, asm.Word),
	)
}

// commandLine writes the arguments, as many of them as there is room for.
func (p *program) commandLine(rec to) {
	mm := func(path string) []field { return []field{{"task_struct", "mm"}, {"mm_struct", path}} }
	p.follow(asm.R8, asm.R6, mm("arg_start")...)
	p.follow(asm.R9, asm.R6, mm("arg_end")...)
	p.add(asm.Sub.Reg(asm.R9, asm.R8))
	rec.store(p, atAll, asm.R9, asm.Word)
	p.add(
		asm.JLE.Imm(asm.R9, mostArguments, "fits"),
		asm.Mov.Imm(asm.R9, mostArguments),
	)
	p.here("fits")
	p.add(
		asm.LoadMem(asm.R4, asm.R7, atWritten, asm.Word),
		asm.JGT.Imm(asm.R4, 2*mostPath+mostGroup, "end"),
		asm.Mov.Reg(asm.R1, asm.R7), asm.Add.Reg(asm.R1, asm.R4), asm.Add.Imm(asm.R1, execSize),
		asm.Mov.Reg(asm.R2, asm.R9),
		asm.Mov.Reg(asm.R3, asm.R8),
		asm.FnProbeReadUser.Call(),
		asm.JNE.Imm(asm.R0, 0, "unread"), // swapped out already: /proc will tell
	)
	rec.store(p, atArguments, asm.R9, asm.Word)
	p.add(
		asm.LoadMem(asm.R4, asm.R7, atWritten, asm.Word),
		asm.Add.Reg(asm.R4, asm.R9),
		asm.StoreMem(asm.R7, atWritten, asm.R4, asm.Word),
	)
	p.here("unread")
}
