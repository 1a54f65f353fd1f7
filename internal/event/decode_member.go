package event

import (
	"bytes"
	"time"
)

// member reads the value of the member called name. TestDecodeMembers holds it to the
// fields of Process.
func (d *Decoder) member(name []byte, p *Process) bool {
	switch string(name) {
	case "kind":
		return readText(d, &p.Kind)
	case "time":
		return d.readTime(&p.Time)
	case "station":
		return readText(d, &p.Station)
	case "seq":
		return d.readNumber(&p.Seq)
	case "sensor":
		return readText(d, &p.Sensor)
	case "origin":
		return readText(d, &p.Origin)
	case "source_file":
		return readText(d, &p.SourceFile)
	case "source_record":
		return d.readNumber(&p.SourceRecord)
	case "pid":
		return d.readShort(&p.PID)
	case "boot_id":
		return d.readNumber(&p.BootID)
	case "process_seq":
		return d.readNumber(&p.ProcessSeq)
	case "process_guid":
		return d.readOwn(&p.ProcessGUID)
	case "started":
		return d.readTime(&p.Started)
	case "process_key":
		return d.readOwn(&p.ProcessKey)
	case "parent_process_key":
		return d.readOwn(&p.ParentProcessKey)
	case "image":
		return readText(d, &p.Image)
	case "command_line":
		return d.readOwn(&p.CommandLine)
	case "current_directory":
		return readText(d, &p.CurrentDirectory)
	case "sha256":
		return readText(d, &p.SHA256)
	case "sha1":
		return readText(d, &p.SHA1)
	case "md5":
		return readText(d, &p.MD5)
	case "imphash":
		return readText(d, &p.IMPHASH)
	case "file_size":
		return d.readNumber(&p.FileSize)
	case "original_file_name":
		return readText(d, &p.OriginalFileName)
	case "description":
		return readText(d, &p.Description)
	case "product":
		return readText(d, &p.Product)
	case "company":
		return readText(d, &p.Company)
	case "file_version":
		return readText(d, &p.FileVersion)
	case "signer":
		return readText(d, &p.Signer)
	case "signed":
		return d.readBoolOrNil(&p.Signed)
	case "architecture":
		return readText(d, &p.Architecture)
	case "entry_entropy":
		return d.readFractionOrNil(&p.EntropyEntry)
	case "entry_sha256":
		return readText(d, &p.EntrySHA256)
	case "compiled":
		return d.readTime(&p.Compiled)
	case "image_mismatch":
		return d.readBool(&p.ImageMismatch)
	case "missing":
		return readText(d, &p.Missing)
	case "user":
		return readText(d, &p.User)
	case "user_sid":
		return readText(d, &p.UserSID)
	case "logon_id":
		return d.readNumber(&p.LogonID)
	case "session":
		return d.readShortOrNil(&p.Session)
	case "integrity":
		return readText(d, &p.Integrity)
	case "elevation":
		return readText(d, &p.Elevation)
	case "elevated":
		return d.readBoolOrNil(&p.Elevated)
	case "privileges":
		return readSet(d, d.privileges, &p.Privileges)
	case "privileges_default":
		return readSet(d, d.privileges, &p.PrivilegesDefault)
	case "privileges_present":
		return readSet(d, d.privileges, &p.PrivilegesPresent)
	case "capabilities":
		return readSet(d, d.capabilities, &p.Capabilities)
	case "capabilities_permitted":
		return readSet(d, d.capabilities, &p.CapabilitiesPermitted)
	case "container":
		return readText(d, &p.Container)
	case "namespaces":
		return readText(d, &p.Namespaces)
	case "wow64":
		return d.readBool(&p.WOW64)
	case "protected":
		return d.readBool(&p.Protected)
	case "packaged":
		return d.readBool(&p.Packaged)
	case "package":
		return readText(d, &p.Package)
	case "app_container":
		return d.readBool(&p.AppContainer)
	case "parent_pid":
		return d.readShort(&p.ParentPID)
	case "parent_process_seq":
		return d.readNumber(&p.ParentProcessSeq)
	case "parent_process_guid":
		return d.readOwn(&p.ParentProcessGUID)
	case "parent_started":
		return d.readTime(&p.ParentStarted)
	case "parent_image":
		return readText(d, &p.ParentImage)
	case "parent_command_line":
		return readText(d, &p.ParentCommandLine)
	case "parent_user":
		return readText(d, &p.ParentUser)
	case "grandparent_image":
		return readText(d, &p.GrandparentImage)
	case "creator_pid":
		return d.readShort(&p.CreatorPID)
	case "exit_code":
		return d.readShortOrNil(&p.ExitCode)
	case "inferred":
		return d.readBool(&p.Inferred)
	case "statistics":
		d.listed = true
		return d.readList(&p.Statistics)
	}
	return d.figure(name, p)
}

// figure reads one of the Statistics, if name is one of them.
func (d *Decoder) figure(name []byte, p *Process) bool {
	if d.listed {
		return false // the list counts
	}
	s := p.Statistics
	if s == nil {
		s = &Statistics{}
		p.Statistics = s
	}
	switch string(name) {
	case "handles":
		return d.readNumber(&s.Handles)
	case "threads":
		return d.readNumber(&s.Threads)
	case "kernel_time_us":
		return d.readNumber(&s.KernelTimeUS)
	case "user_time_us":
		return d.readNumber(&s.UserTimeUS)
	case "cpu_cycles":
		return d.readNumber(&s.CPUCycles)
	case "read_ops":
		return d.readNumber(&s.ReadOps)
	case "write_ops":
		return d.readNumber(&s.WriteOps)
	case "other_ops":
		return d.readNumber(&s.OtherOps)
	case "read_bytes":
		return d.readNumber(&s.ReadBytes)
	case "write_bytes":
		return d.readNumber(&s.WriteBytes)
	case "other_bytes":
		return d.readNumber(&s.OtherBytes)
	case "hard_faults":
		return d.readNumber(&s.HardFaults)
	case "page_faults":
		return d.readNumber(&s.PageFaults)
	case "commit_charge":
		return d.readNumber(&s.CommitCharge)
	case "commit_peak":
		return d.readNumber(&s.CommitPeak)
	case "peak_working_set":
		return d.readNumber(&s.PeakWorkingSet)
	case "peak_virtual_size":
		return d.readNumber(&s.PeakVirtualSize)
	case "peak_pagefile":
		return d.readNumber(&s.PeakPagefile)
	case "peak_paged_pool":
		return d.readNumber(&s.PeakPagedPool)
	case "peak_nonpaged_pool":
		return d.readNumber(&s.PeakNonpaged)
	}
	return false
}

// readTime reads a time as time.Time does, which wants it without escapes.
func (d *Decoder) readTime(to *time.Time) bool {
	if d.space() != '"' {
		return false
	}
	n := ordinary(d.line[d.at+1:]) + 2
	if d.at+n > len(d.line) || d.line[d.at+n-1] != '"' || to.UnmarshalJSON(d.line[d.at:d.at+n]) != nil {
		return false
	}
	d.at += n
	return true
}

// readSet reads a list of privileges or capabilities. It is not taken apart: the
// same few lists come again and again, and are remembered.
func readSet[T any, P interface {
	*T
	UnmarshalJSON([]byte) error
}](d *Decoder, remembered map[string]T, to *P) bool {
	if d.space() != '[' {
		return false
	}
	// Where a name has a bracket, this is not JSON, and so no set.
	n := bytes.IndexByte(d.line[d.at:], ']') + 1
	list := d.line[d.at : d.at+n]
	set, ok := remembered[string(list)]
	if !ok {
		if P(&set).UnmarshalJSON(list) != nil {
			return false
		}
		if len(remembered) == keptSets {
			clear(remembered)
		}
		if len(list) <= longestList {
			remembered[string(list)] = set
		}
	}
	d.at += n
	*to = &set
	return true
}
