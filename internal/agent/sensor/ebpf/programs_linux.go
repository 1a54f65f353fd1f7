package ebpf

import (
	"github.com/cilium/ebpf/asm"
)

// newProgram begins a program whose argument n (from 0) goes into R6.
func newProgram(l *layout, n int16) *program {
	p := &program{layout: l}
	p.add(asm.Mov.Reg(asm.R9, asm.R1), asm.LoadMem(asm.R6, asm.R1, 8*n, asm.DWord))
	return p
}

// forkProgram tells of new processes: sched_process_fork(parent, child).
func forkProgram(l *layout, m *maps) asm.Instructions {
	p := newProgram(l, 1)
	p.unlessLeader("end")
	p.unlessUser("end")
	p.reserve(m, forkSize)
	rec := to{asm.R7, 0}
	rec.facts(p, kindFork)
	// Who called fork is the parent, but with CLONE_PARENT.
	p.add(asm.LoadMem(asm.R1, asm.R9, 0, asm.DWord))
	p.follow(asm.R1, asm.R1, field{"task_struct", "tgid"})
	p.follow(asm.R2, asm.R8, field{"task_struct", "tgid"})
	p.add(asm.JEq.Reg(asm.R1, asm.R2, "parent"))
	rec.store(p, atCreator, asm.R1, asm.Word)
	p.here("parent")
	p.submit(m)
	p.here("end")
	p.leave()
	return p.code
}

// exitProgram tells of the end of processes: sched_process_exit(task), and since
// Linux 6.16 whether it is the last thread of its process.
func exitProgram(l *layout, m *maps) asm.Instructions {
	p := newProgram(l, 0)
	p.unlessUser("end")
	if p.arguments("sched_process_exit") > 1 {
		p.add(asm.LoadMem(asm.R1, asm.R9, 8, asm.DWord), asm.And.Imm(asm.R1, 0xff), asm.JEq.Imm(asm.R1, 0, "end"))
	} else {
		// Two last threads may both find none alive; the second is dropped later.
		p.follow(asm.R1, asm.R6, field{"task_struct", "signal"}, field{"signal_struct", "live.counter"})
		p.add(asm.JNE.Imm(asm.R1, 0, "end"))
	}
	p.reserve(m, exitSize)
	rec := to{asm.R7, 0}
	rec.facts(p, kindExit)

	// As wait(2) has it: the group's code if all were made to end, else the leader's.
	p.follow(asm.R8, asm.R6, field{"task_struct", "signal"})
	p.follow(asm.R9, asm.R6, field{"task_struct", "group_leader"})
	p.follow(asm.R1, asm.R8, field{"signal_struct", "flags"})
	p.follow(asm.R2, asm.R9, field{"task_struct", "exit_code"})
	p.add(asm.And.Imm(asm.R1, groupExit), asm.JEq.Imm(asm.R1, 0, "alone"))
	p.follow(asm.R2, asm.R8, field{"signal_struct", "group_exit_code"})
	p.here("alone")
	rec.store(p, atStatus, asm.R2, asm.Word)
	p.add(asm.Mov.Imm(asm.R2, 0))
	rec.store(p, atStatus+4, asm.R2, asm.Word)

	// What the process used: the threads that are gone, this one, and the leader,
	// which stays until the end.
	used := []struct {
		at             int16
		signal, thread string
	}{
		{atUser, "utime", "utime"}, {atSystem, "stime", "stime"}, {atRuntime, "sum_sched_runtime", "se.sum_exec_runtime"},
		{atMinor, "min_flt", "min_flt"}, {atMajor, "maj_flt", "maj_flt"},
		{atReads, "ioac.syscr", "ioac.syscr"}, {atWrites, "ioac.syscw", "ioac.syscw"},
		{atReadBytes, "ioac.rchar", "ioac.rchar"}, {atWriteBytes, "ioac.wchar", "ioac.wchar"},
	}
	for _, u := range used {
		p.sum(rec, u.at, u.signal, u.thread)
	}
	rec.copy(p, atResident, asm.DWord, asm.R8, field{"signal_struct", "maxrss"})
	rec.copy(p, atVirtual, asm.DWord, asm.R6, field{"task_struct", "mm"}, field{"mm_struct", "hiwater_vm"})
	p.add(asm.JEq.Reg(asm.R9, asm.R6, "whole"))
	for _, u := range used {
		if p.has("task_struct", u.thread) {
			p.follow(asm.R2, asm.R9, field{"task_struct", u.thread})
			p.add(asm.LoadMem(asm.R1, asm.R7, u.at, asm.DWord), asm.Add.Reg(asm.R1, asm.R2))
			rec.store(p, u.at, asm.R1, asm.DWord)
		}
	}
	p.here("whole")
	p.submit(m)
	p.here("end")
	p.leave()
	return p.code
}

// sum stores what the gone threads (R8) and the current one (R6) have used; 0 where
// the kernel was built without counting it.
func (p *program) sum(rec to, at int16, signal, thread string) {
	p.add(asm.Mov.Imm(asm.R1, 0))
	if p.has("signal_struct", signal) && p.has("task_struct", thread) {
		p.follow(asm.R1, asm.R8, field{"signal_struct", signal})
		p.follow(asm.R2, asm.R6, field{"task_struct", thread})
		p.add(asm.Add.Reg(asm.R1, asm.R2))
	}
	rec.store(p, at, asm.R1, asm.DWord)
}

// foundProgram tells of one task of all that there are: the iterator bpf_iter__task.
func foundProgram(l *layout) asm.Instructions {
	p := newProgram(l, 1)
	p.add(asm.JEq.Imm(asm.R6, 0, "end")) // behind the last
	p.unlessLeader("end")
	p.unlessUser("end")
	rec := to{asm.R10, -factsSize}
	rec.facts(p, kindFound)
	p.add(asm.LoadMem(asm.R1, asm.R9, 0, asm.DWord))
	p.follow(asm.R1, asm.R1, field{"bpf_iter_meta", "seq"})
	p.add(
		asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, -factsSize),
		asm.Mov.Imm(asm.R3, factsSize),
		asm.FnSeqWrite.Call(),
	)
	p.here("end")
	p.leave()
	return p.code
}
