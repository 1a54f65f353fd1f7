package api

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
)

// ClientCommand is a way to install a client without anybody being asked.
type ClientCommand struct {
	ID     string `json:"id" enum:"silent,properties,gpo,intune_install,intune_uninstall,intune_detection,powershell,shell" doc:"silent: of the file that was downloaded; properties: of an MSI package that carries nothing; gpo: what a group policy starts; powershell, shell: one line that fetches it too"`
	Text   string `json:"text"`
	Secret bool   `json:"secret" doc:"it has the secret of the key in it, or the address of the file, which is as good"`
}

// madeClient is what commands are about.
type madeClient struct {
	format    installer.Format
	fileName  string
	sha256    string
	url       string // where stations fetch it; "": nowhere
	config    *tag.Config
	authority string
}

const installedProgram = `%ProgramFiles%\El Jefe\eljefe-agent.exe`

// commands returns the commands that fit the client. What is in them was checked
// to hold no character that a shell would take for its own.
func (m *madeClient) commands() []ClientCommand {
	var list []ClientCommand
	add := func(id, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			list = append(list, ClientCommand{ID: id, Text: text, Secret: id == "properties" || id == "powershell" || id == "shell"})
		}
	}
	switch m.format {
	case installer.Program:
		add("silent", `.\%s install`, m.fileName)
		add("gpo", `\\FILESERVER\SHARE\%s install`, m.fileName)
		add("intune_install", `%s install`, m.fileName)
		add("intune_uninstall", `"%s" uninstall`, installedProgram)
		add("intune_detection", "%s", installedProgram)
		add("powershell", "%s", m.powershell("Start-Process -Wait -NoNewWindow $f -ArgumentList 'install'"))
	case installer.MSI:
		add("silent", `msiexec /i %s /qn`, m.fileName)
		add("properties", "%s", m.properties())
		add("gpo", `\\FILESERVER\SHARE\%s`, m.fileName)
		add("intune_install", `msiexec /i "%s" /qn`, m.fileName)
		add("powershell", "%s", m.powershell("Start-Process -Wait msiexec.exe -ArgumentList '/i', ('\"' + $f + '\"'), '/qn'"))
	case installer.Debian:
		add("silent", `sudo dpkg -i %s`, m.fileName)
		add("shell", "%s", m.shell(`sudo dpkg -i "$d/%s"`))
	case installer.Archive:
		add("silent", `tar -xzf %s && sudo ./eljefe-agent/install.sh`, m.fileName)
		add("shell", "%s", m.shell(`tar -xzf "$d/%s" -C "$d" && sudo "$d/eljefe-agent/install.sh"`))
	}
	return list
}

// harmless is what no shell takes for its own within double quotes.
var harmless = regexp.MustCompile(`^[A-Za-z0-9._~:/@\[\]-]*$`)

// properties returns the command that says all to an MSI package that carries
// nothing, or "" if it cannot be written so that every shell leaves it alone.
func (m *madeClient) properties() string {
	c := m.config
	text := fmt.Sprintf(`msiexec /i %s /qn SERVER="%s" AUTHORITY=%s TOKEN=%s`, m.fileName, c.Server, m.authority, c.EnrolmentKey)
	if c.Proxy != "" {
		if !harmless.MatchString(c.Proxy) {
			return ""
		}
		text += fmt.Sprintf(` PROXY="%s"`, c.Proxy)
	}
	if c.EndProcess {
		text += " ENDPROCESS=true"
	}
	if c.Sensor != "" {
		text += " SENSOR=" + string(c.Sensor)
	}
	if c.SpoolBytes != 0 {
		text += " SPOOLBYTES=" + strconv.FormatInt(c.SpoolBytes, 10)
	}
	return text
}

// A station does not know the server's certificate yet: what it fetches it knows
// by its hash, which comes with the line.

func (m *madeClient) powershell(install string) string {
	if m.url == "" {
		return ""
	}
	return fmt.Sprintf(`$f = Join-Path $env:TEMP '%s'; curl.exe -fsSk -o $f '%s'; if ((Get-FileHash -Algorithm SHA256 $f).Hash -ne '%s') { throw 'This is not the client that was made; nothing was installed.' }; %s; Remove-Item $f`,
		m.fileName, m.url, m.sha256, install)
}

func (m *madeClient) shell(install string) string {
	if m.url == "" {
		return ""
	}
	return fmt.Sprintf(`(d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT && curl -fsSk -o "$d/%s" '%s' && echo '%s  '"$d/%s" | sha256sum --check --quiet && `+install+`)`,
		m.fileName, m.url, m.sha256, m.fileName, m.fileName)
}

// pageAddress returns where stations reach the page: as the caller did, or, if
// that was from the machine itself, by the name of the agents' listener.
func pageAddress(called, host string) string {
	name, port, err := net.SplitHostPort(called)
	if err != nil {
		name, port = strings.Trim(called, "[]"), ""
	}
	if parsed, err := pki.ParseName(name); err == nil && !pki.Loopback(parsed) {
		host = parsed
	}
	if number, err := strconv.ParseUint(port, 10, 16); err == nil && number != 443 {
		return "https://" + net.JoinHostPort(host, strconv.FormatUint(number, 10))
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "https://" + host
}
