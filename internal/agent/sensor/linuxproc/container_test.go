package linuxproc

import (
	"strings"
	"testing"
)

// Lines of /proc/PID/cgroup as the makers of containers leave them.
func TestContainerOf(t *testing.T) {
	id, other := strings.Repeat("4f2a9c81", 8), strings.Repeat("b7", 32)
	const pod = "pod0c2f6a1e-6a0e-4b7f-9a53-2f8f1c1f1c11"
	under := "kubepods-burstable-" + strings.ReplaceAll(pod, "-", "_") + ".slice"
	for name, tt := range map[string]struct{ text, want string }{
		"none":                          {"0::/system.slice/ssh.service\n", ""},
		"the root":                      {"0::/\n", ""},
		"a session":                     {"0::/user.slice/user-1000.slice/session-3.scope\n", ""},
		"Docker":                        {"0::/system.slice/docker-" + id + ".scope\n", id},
		"Docker with systemd inside":    {"0::/system.slice/docker-" + id + ".scope/system.slice/cron.service\n", id},
		"Docker without systemd":        {"0::/docker/" + id + "\n", id},
		"Docker, the first version":     {"12:pids:/docker/" + id + "\n11:cpu,cpuacct:/docker/" + id + "\n0::/system.slice/containerd.service\n", id},
		"Docker in Docker":              {"0::/docker/" + other + "/docker/" + id + "\n", id},
		"without a root directory":      {"0::/docker/" + id, id},
		"containerd of Kubernetes":      {"0::/kubepods.slice/kubepods-burstable.slice/" + under + "/cri-containerd-" + id + ".scope\n", id},
		"Kubernetes without systemd":    {"0::/kubepods/burstable/" + pod + "/" + id + "\n", id},
		"Kubernetes, a mixture":         {"5:memory:/system.slice/containerd.service/" + under + ":cri-containerd:" + id + "\n", id},
		"containerd alone":              {"0::/system.slice/nerdctl-" + id + ".scope\n", id},
		"CRI-O":                         {"0::/kubepods.slice/" + under + "/crio-" + id + ".scope/container\n", id},
		"CRI-O's watcher":               {"0::/kubepods.slice/" + under + "/crio-conmon-" + id + ".scope\n", ""},
		"Podman":                        {"0::/machine.slice/libpod-" + id + ".scope/container\n", id},
		"Podman's watcher":              {"0::/machine.slice/libpod-conmon-" + id + ".scope\n", ""},
		"Podman of a user":              {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope\n", id},
		"Fargate":                       {"9:cpu:/ecs/0f1e2d3c4b5a69788796a5b4c3d2e1f0/0f1e2d3c4b5a69788796a5b4c3d2e1f0-1234567890\n", "0f1e2d3c4b5a69788796a5b4c3d2e1f0-1234567890"},
		"LXC":                           {"0::/lxc.payload.web/system.slice/nginx.service\n", "web"},
		"LXC, the first version":        {"4:devices:/lxc/101/init.scope\n", "101"},
		"LXC's watcher":                 {"0::/lxc.monitor.web\n", ""},
		"systemd-nspawn":                {"0::/machine.slice/systemd-nspawn@build\\x2dbox.service/payload/init.scope\n", "build-box"},
		"systemd-nspawn by machinectl":  {"0::/machine.slice/machine-deb13.scope/payload\n", "deb13"},
		"systemd-nspawn's own":          {"0::/machine.slice/systemd-nspawn@build.service/supervisor\n", ""},
		"a virtual machine":             {"0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator\n", ""},
		"a hash that is too short":      {"0::/system.slice/run-4f2a9c81d3e0.scope\n", ""},
		"a hash that is part of a name": {"0::/x/" + id + "-cache\n", ""},
		"nonsense":                      {"docker\n::\n:\n\x00\n", ""},
		"nothing":                       {"", ""},
	} {
		if got := ContainerOf(tt.text); got != tt.want {
			t.Errorf("%s: %q gives %q; want %q", name, tt.text, got, tt.want)
		}
	}
}
