package linuxproc

import (
	"regexp"
	"strings"
)

// ContainerOf returns the id of the container that a process is in, "" for none,
// from the text of /proc/PID/cgroup: a line for each hierarchy of control groups,
// "number:controllers:path". Which process is in which container the kernel does
// not know; those who make containers put each into a group of its own, whose name
// has the id.
func ContainerOf(text string) string {
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		if id := ContainerInPath(parts[2]); id != "" {
			return id
		}
	}
	return ""
}

// ContainerInPath returns the id of the container whose group a path of groups
// goes through: of containers within one another, that of the innermost.
func ContainerInPath(path string) string {
	names := strings.Split(path, "/")
	for i := len(names) - 1; i >= 0; i-- {
		var above, below string
		if i > 0 {
			above = names[i-1]
		}
		if i+1 < len(names) {
			below = names[i+1]
		}
		if id := containerNamed(names[i], above, below); id != "" {
			return id
		}
	}
	return ""
}

// numbered is the name of a group of Docker, containerd, CRI-O, Podman or
// Kubernetes: the id alone, or behind the maker's name ("docker-ID.scope",
// "SLICE:cri-containerd:ID"). Fargate has shorter ids.
var numbered = regexp.MustCompile(`^(?:.*:)?([a-z][a-z0-9-]*-)?([0-9a-f]{64}|[0-9a-f]{32}-[0-9]{9,10})(?:\.scope)?$`)

// containerNamed returns the id of the container that a group is of.
func containerNamed(name, above, below string) string {
	if m := numbered.FindStringSubmatch(name); m != nil {
		if strings.HasSuffix(m[1], "conmon-") { // Podman's and CRI-O's own, which watches the container from outside
			return ""
		}
		return m[2]
	}
	// The others have names that people gave.
	switch id, isPayload := strings.CutPrefix(name, "lxc.payload."); {
	case isPayload:
		return id
	case name != "" && (above == "lxc" || above == "lxc.payload"):
		return name
	case below == "supervisor": // systemd-nspawn's own
		return ""
	}
	if id, ok := between(name, "systemd-nspawn@", ".service"); ok {
		return unescaped(id)
	}
	if id, ok := between(name, "machine-", ".scope"); ok && above == "machine.slice" && !strings.HasPrefix(id, "qemu") { // which are virtual machines
		return unescaped(id)
	}
	return ""
}

func between(s, before, behind string) (string, bool) {
	s, begins := strings.CutPrefix(s, before)
	s, ends := strings.CutSuffix(s, behind)
	return s, begins && ends
}

// unescaped undoes what systemd does to a minus sign in the name of a unit.
func unescaped(name string) string { return strings.ReplaceAll(name, `\x2d`, "-") }
