package installer

import (
	"crypto/rand"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/installer/tag"
)

// buildMSI builds the MSI package of a program.
func buildMSI(t *testing.T, exe []byte, arch string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "agent.msi")
	output(t, nil, "../../scripts/msi.sh", writeFile(t, "agent.exe", exe), arch, "v1.2.3-4-gabc", writeFile(t, "slot", tag.EmptySlot()), out)
	return readFile(t, out)
}

func TestMSI(t *testing.T) {
	tools(t, "go", "osslsigncode", "wixl", "msibuild")
	s, msi := operator(t), buildMSI(t, agent(t, "windows", "amd64"), "amd64")
	prepared, err := Prepare(msi)
	if err != nil {
		t.Fatal(err)
	}
	g := &Generic{Format: MSI, Arch: "amd64", Version: "v1.2.3", Content: prepared}
	t.Run("unsigned", func(t *testing.T) { unsigned(t, s, g) })
	t.Run("signed", func(t *testing.T) {
		signed, err := s.Sign(t.Context(), msi)
		if err != nil {
			t.Fatal(err)
		}
		good(t, s, &Generic{Format: MSI, Arch: "amd64", Version: "v1.2.3", Content: signed})
	})
	t.Run("place added when signed", func(t *testing.T) { good(t, s, placedBySigner(t, s, MSI, msi)) })
	t.Run("with an extended signature", func(t *testing.T) {
		with := *s
		with.More = []string{"-add-msi-dse"}
		signed, err := with.Sign(t.Context(), msi)
		if err != nil {
			t.Fatal(err)
		}
		good(t, s, &Generic{Format: MSI, Arch: "amd64", Version: "v1.2.3", Content: signed})
	})
}

// A package of more than 7 MB has a list of its sector tables that does not fit
// into the header.
func TestLargeMSI(t *testing.T) {
	tools(t, "osslsigncode", "wixl", "msibuild")
	exe := make([]byte, 9<<20)
	rand.Read(exe) // never fails
	s, msi := operator(t), buildMSI(t, exe, "amd64")
	if len(msi) < 9<<20 {
		t.Fatalf("the package has only %d bytes", len(msi))
	}
	signed, err := s.Sign(t.Context(), msi)
	if err != nil {
		t.Fatal(err)
	}
	good(t, s, &Generic{Format: MSI, Arch: "amd64", Version: "v1.2.3", Content: signed})
}

// What Windows' installer will do, and in which order.
func TestMSITables(t *testing.T) {
	tools(t, "wixl", "msibuild", "msiinfo")
	path := writeFile(t, "agent.msi", buildMSI(t, []byte("MZ not really"), "arm64"))
	for table, want := range map[string][]string{
		"Property": {
			"ProductVersion\t1.2.3", "ALLUSERS\t1", "UpgradeCode\t{5A0E0A1C-6A6D-4B6C-9D53-9C1E2C1F7C11}",
			"SecureCustomProperties\tOLDERFOUND;NEWERFOUND;SERVER;AUTHORITY;TOKEN;PROXY;ENDPROCESS;SENSOR;SPOOLBYTES;NO_DEVICES", "MsiHiddenProperties\tTOKEN;PROXY;Configure",
			"ENDPROCESS\tfalse", "SPOOLBYTES\t0", "NO_DEVICES\tfalse",
		},
		"Upgrade":         {"\t0.0.0\t1.2.3\t\t768\t\tOLDERFOUND", "\t1.2.3\t255.255.65535\t\t2\t\tNEWERFOUND"},
		"LaunchCondition": {"Installed OR NOT NEWERFOUND\t"},
		"ServiceInstall":  {"eljefe-agent\tEl Jefe agent\t16\t2\t32769\t", `run --service --config "[CommonAppDataFolder]El Jefe\config.json"`},
		"ServiceControl":  {"Service\teljefe-agent\t163\t\t1\tAgent"},
		"CustomAction": {
			"Configure\t11282\tAgent\tinstall --no-start --package \"[OriginalDatabase]\" --server \"[SERVER]\" --authority \"[AUTHORITY]\" --key \"[TOKEN]\" --proxy \"[PROXY]\" " +
				"--allow-end-process=[ENDPROCESS] --sensor \"[SENSOR]\" --spool-bytes=[SPOOLBYTES] --no-devices=[NO_DEVICES]\t",
		},
		"Registry":  {"EventMessageFile\t#%%SystemRoot%\\System32\\EventCreate.exe"},
		"Component": {"\tINSTALLDIR\t256\t"}, // 64 bits
		"Directory": {"INSTALLDIR\tProgramFiles64Folder\tEl Jefe"},
		"Binary":    {"Client\t"},
	} {
		// It writes what is in a table as files into the folder that it is in.
		got := output(t, nil, "env", "-C", t.TempDir(), "msiinfo", "export", path, table)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("the table %s is\n%s\nwant in it %q", table, got, w)
			}
		}
	}
	if got := output(t, nil, "msiinfo", "suminfo", path); !strings.Contains(got, "Template: Arm64;1033") {
		t.Errorf("the summary is\n%s\nwant it for arm64", got)
	}
	sequence, last := output(t, nil, "msiinfo", "export", path, "InstallExecuteSequence"), 0
	for _, action := range []string{"InstallInitialize", "RemoveExistingProducts", "StopServices", "InstallFiles", "InstallServices", "Configure", "StartServices", "InstallFinalize"} {
		number := 0
		for line := range strings.Lines(sequence) {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); fields[0] == action {
				if _, err := fmt.Sscan(fields[len(fields)-1], &number); err != nil {
					t.Fatal(err)
				}
			}
		}
		if number <= last {
			t.Errorf("%s has the number %d; the action before it has %d", action, number, last)
		}
		last = number
	}
	if out, err := exec.CommandContext(t.Context(), "../../scripts/msi.sh").CombinedOutput(); err == nil || !strings.Contains(string(out), "scripts/msi.sh AGENT.exe") {
		t.Errorf("without arguments: %v, %s; want how to use it", err, out)
	}
}
