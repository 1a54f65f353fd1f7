//go:build unix

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// clientsAPI is an API that makes clients: MSI packages, and packages for Linux.
type clientsAPI struct {
	*testAPI
	carried, signed string // folders
	authority       *pki.Authority
	now             time.Time
}

func newClientsAPI(t *testing.T) *clientsAPI {
	a := &clientsAPI{testAPI: agentsAPI(t), carried: t.TempDir(), signed: t.TempDir(), now: noon}
	a.Now = func() time.Time { return a.now }
	a.carry("v1.2.3", "program")
	var err error
	if a.authority, err = pki.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	names, err := a.authority.KeepServer([]string{"localhost", "jefe.example"})
	if err != nil {
		t.Fatal(err)
	}
	a.Clients = &Clients{Catalogue: catalogue.New(os.DirFS(a.carried), a.signed), Authority: a.authority, Names: names}
	return a
}

func (a *clientsAPI) testdata(name string) []byte {
	a.t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "installer", "tag", "testdata", name))
	if err != nil {
		a.t.Fatal(err)
	}
	return raw
}

func (a *clientsAPI) carry(version, program string) {
	a.t.Helper()
	err := catalogue.Write(a.carried, []installer.Generic{
		{Format: installer.MSI, Arch: "amd64", Version: version, Content: a.testdata("client.msi")},
		{Format: installer.Debian, Arch: "amd64", Version: version, Content: []byte(program)},
		{Format: installer.Archive, Arch: "amd64", Version: version, Content: []byte(program)},
	}, nil)
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *clientsAPI) admin(method, path string, body any, status int) map[string]any {
	a.t.Helper()
	return a.call(auth.Administrator, method, path, body, status)
}

// fetch fetches a client as a station does: without being logged in.
func (a *clientsAPI) fetch(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(a.t.Context(), http.MethodGet, path, nil))
	return w
}

// carries returns the settings in an MSI package.
func carries(t *testing.T, msi []byte) *tag.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.msi")
	if err := os.WriteFile(path, msi, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := tag.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestListClients(t *testing.T) {
	a := newClientsAPI(t)
	for _, role := range []string{auth.Viewer, auth.Analyst} {
		for _, route := range []string{"GET /clients", "POST /clients", "POST /clients/check-address", "POST /clients/names", "DELETE /clients/names/x"} {
			method, path, _ := strings.Cut(route, " ")
			a.call(role, method, path, body{}, http.StatusForbidden)
		}
	}
	list := a.admin(http.MethodGet, "/clients", nil, http.StatusOK)
	for _, id := range []string{"windows-amd64-msi", "linux-amd64-deb", "linux-amd64-tar"} {
		if !strings.Contains(fmt.Sprint(list["packages"]), id) {
			t.Errorf("%s is not among %v", id, list["packages"])
		}
	}
	a.expect(list, true, "carried")
	a.expect(list, nil, "why_not")
	a.expect(list, false, "packages", 0, "signed")
	a.expect(list, "jefe.example", "server", "host")
	a.expect(list, 8444, "server", "port")
	a.expect(list, "jefe.example", "server", "names", 1, "name")
	a.expect(list, a.authority.Fingerprint(), "authority")
	a.expect(list, event.SensorEBPF, "sensors", "linux", 0)

	if _, err := a.Clients.Catalogue.Keep(a.testdata("signed.msi")); err != nil {
		t.Fatal(err)
	}
	list = a.admin(http.MethodGet, "/clients", nil, http.StatusOK)
	a.expect(list, "Test code signing", "packages", 0, "signer")
	a.expect(list, "signed", "packages", 0, "source")

	a.Clients.Catalogue = catalogue.New(nil, "")
	list = a.admin(http.MethodGet, "/clients", nil, http.StatusOK)
	a.expect(list, false, "carried")
	a.expect(list, "client_none", "why_not", "code")
	a.admin(http.MethodPost, "/clients", body{"package": "windows-amd64-msi", "server": "jefe.example", "new_key": body{"name": "x"}}, http.StatusNotFound)
	a.Clients = nil
	a.expect(a.admin(http.MethodGet, "/clients", nil, http.StatusServiceUnavailable), "client_no_server", "code")
}

// A client has in it what was asked for, and can be fetched by who knows where it is.
func TestMakeClient(t *testing.T) {
	a := newClientsAPI(t)
	expires := time.Now().UTC().Add(48 * time.Hour).Truncate(time.Second) // by the database's clock
	made := a.admin(http.MethodPost, "/clients", body{
		"package": "windows-amd64-msi", "server": "Jefe.Example", "end_process": true, "proxy": "http://proxy.example:3128", "spool_bytes": 64 << 20, "sensor": "etw",
		"new_key": body{"name": "desks", "labels": []string{"desk"}, "max_uses": 2, "expires": expires},
	}, http.StatusOK)
	a.expect(made, "eljefe-agent-1.2.3-amd64.msi", "file_name")
	a.expect(made, "https://jefe.example:8444", "server")
	a.expect(made, "desks", "key", "name")
	w := a.fetch(fmt.Sprint(made["download"]))
	if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="eljefe-agent-1.2.3-amd64.msi"` || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("fetched with %d, %v", w.Code, w.Header())
	}
	sum := sha256.Sum256(w.Body.Bytes())
	a.expect(made, hex.EncodeToString(sum[:]), "sha256")
	a.expect(made, w.Body.Len(), "size")
	if again := a.fetch(fmt.Sprint(made["download"])); !bytes.Equal(again.Body.Bytes(), w.Body.Bytes()) {
		t.Error("fetched again it is another file")
	}
	got := carries(t, w.Body.Bytes())
	want := tag.Config{
		Server: "https://jefe.example:8444", EnrolmentKey: fmt.Sprint(made["secret"]), KeyExpires: expires, Proxy: "http://proxy.example:3128", EndProcess: true,
		Sensor: event.SensorETW, SpoolBytes: 64 << 20, Made: noon, Authority: a.authority.Fingerprint(),
	}
	if *got != want {
		t.Errorf("in it is %+v; want %+v", *got, want)
	}
	id, err := a.enroll("ACC-01", got.EnrolmentKey)
	if err != nil {
		t.Fatal(err)
	}
	stations := a.get(fmt.Sprintf("/stations?enrolment_key_id=%v&sort=enrolled&order=desc", at(made, "key", "id")))
	a.expect(stations, id, "stations", 0, "id")
	a.expect(stations, "[desk]", "stations", 0, "labels")

	audit := a.admin(http.MethodGet, "/audit", nil, http.StatusOK)
	for i, want := range []string{"station.enrol", "client.download", "client.download", "client.make", "enrolment-key.add"} {
		a.expect(audit, want, "entries", i, "action")
	}
	if raw, err := json.Marshal(audit); err != nil || bytes.Contains(raw, []byte(got.EnrolmentKey)) {
		t.Errorf("the audit has the secret: %s, %v", raw, err)
	}
}

// With a key that is there a client gets a further secret of it, which is as good
// as the key is, and no better.
func TestMakeClientWithKey(t *testing.T) {
	a := newClientsAPI(t)
	id, first := a.addKey(body{"name": "office", "max_uses": 2})
	ask := func(status int) map[string]any {
		t.Helper()
		return a.admin(http.MethodPost, "/clients", body{"format": "deb", "arch": "amd64", "server": "jefe.example", "key_id": json.Number(id)}, status)
	}
	made := ask(http.StatusOK)
	a.expect(made, "office", "key", "name")
	if made["secret"] == first {
		t.Error("the client has the key's first secret, of which the server should know the hash alone")
	}
	if _, err := a.enroll("ACC-01", fmt.Sprint(made["secret"])); err != nil {
		t.Fatal(err)
	}
	second := ask(http.StatusOK)
	a.expect(second, 1, "key", "uses")
	a.admin(http.MethodPost, "/enrolment-keys/"+id+"/revoke", nil, http.StatusNoContent)
	for _, secret := range []any{first, made["secret"], second["secret"]} {
		if _, err := a.enroll("ACC-02", fmt.Sprint(secret)); err == nil || !strings.Contains(err.Error(), "revoked") {
			t.Errorf("a station came in by a key that was revoked: %v", err)
		}
	}
	a.expect(ask(http.StatusConflict), "client_key_revoked", "code")

	id, first = a.addKey(body{"name": "one", "max_uses": 1})
	if _, err := a.enroll("ACC-03", first); err != nil {
		t.Fatal(err)
	}
	a.expect(ask(http.StatusConflict), "client_key_used_up", "code")
	past := time.Now().Add(-time.Hour)
	k, err := a.Store.AddEnrolmentKey(t.Context(), store.EnrolmentKey{Name: "old", Expires: &past, CreatedBy: "ana"}, sha256.Sum256([]byte("old")))
	if err != nil {
		t.Fatal(err)
	}
	id = fmt.Sprint(k.ID)
	a.expect(ask(http.StatusConflict), "client_key_expired", "code")
	id = "4711"
	a.expect(ask(http.StatusNotFound), "no_enrolment_key", "code")
}

// What is wrong is said before a key is made.
func TestMakeClientRefuses(t *testing.T) {
	a := newClientsAPI(t)
	for _, test := range []struct {
		code   string
		change body
	}{
		{"client_which", body{"package": nil}},
		{"client_which", body{"format": "deb", "arch": "amd64"}},
		{"client_unknown", body{"package": "windows-arm64-exe"}},
		{"client_which_key", body{"new_key": nil}},
		{"client_which_key", body{"key_id": 1}},
		{"client_address_form", body{"server": "http://jefe.example"}},
		{"client_address_form", body{"server": "jefe.example/agent"}},
		{"client_proxy", body{"proxy": "proxy"}},
		{"client_spool", body{"spool_bytes": 1}},
		{"client_source_system", body{"sensor": "ebpf"}},
		{"client_source_unknown", body{"sensor": "eye"}},
	} {
		in := body{"package": "windows-amd64-msi", "server": "jefe.example", "new_key": body{"name": "x"}}
		for name, value := range test.change {
			if in[name] = value; value == nil {
				delete(in, name)
			}
		}
		status := http.StatusUnprocessableEntity
		if test.code == "client_unknown" {
			status = http.StatusNotFound
		}
		a.expect(a.admin(http.MethodPost, "/clients", in, status), test.code, "code")
	}
	a.expect(a.admin(http.MethodGet, "/enrolment-keys", nil, http.StatusOK), "[]", "keys")
}

// Who only finds a browser open makes no client.
func TestMakeClientTakesPassword(t *testing.T) {
	a := newClientsAPI(t)
	u, err := a.Store.AddUser(t.Context(), store.User{Name: "ana", Role: auth.Administrator, PasswordHash: auth.HashPassword("correct horse battery")})
	if err != nil {
		t.Fatal(err)
	}
	caller := &auth.Caller{User: u, Role: u.Role, Session: []byte("session")}
	ask := func(password string) (int, string) {
		raw, err := json.Marshal(body{"package": "windows-amd64-msi", "server": "jefe.example", "new_key": body{"name": "x"}, "password": password})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(auth.WithCaller(t.Context(), caller), http.MethodPost, "/api/v1/clients", bytes.NewReader(raw))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		var problem struct {
			Code string `json:"code"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		return w.Code, problem.Code
	}
	for _, test := range []struct {
		password, code string
		status         int
	}{
		{"", "confirm_missing", http.StatusForbidden}, {"wrong", "confirm_wrong", http.StatusForbidden}, {"correct horse battery", "", http.StatusOK},
		{"wrong", "confirm_wrong", http.StatusForbidden}, {"wrong", "confirm_wrong", http.StatusForbidden}, {"wrong", "confirm_wrong", http.StatusForbidden},
		{"wrong", "confirm_wrong", http.StatusForbidden}, {"wrong", "confirm_wrong", http.StatusForbidden},
		{"correct horse battery", "login_too_many", http.StatusTooManyRequests},
	} {
		if status, code := ask(test.password); status != test.status || code != test.code {
			t.Errorf("with the password %q: %d %s; want %d %s", test.password, status, code, test.status, test.code)
		}
	}
}

func TestDownloadsEnd(t *testing.T) {
	a := newClientsAPI(t)
	ask := func() string {
		t.Helper()
		made := a.admin(http.MethodPost, "/clients", body{"package": "linux-amd64-deb", "server": "jefe.example", "new_key": body{"name": "x"}}, http.StatusOK)
		return fmt.Sprint(made["download"])
	}
	expect := func(what, path string, status int, code string) {
		t.Helper()
		if w := a.fetch(path); w.Code != status || !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: %d %.200s; want %d %s", what, w.Code, w.Body, status, code)
		}
	}
	path := ask()
	for range downloadFetches {
		expect("as often as it may", path, http.StatusOK, "")
	}
	expect("once more", path, http.StatusNotFound, "client_download_gone")
	path = ask()
	a.now = noon.Add(downloadLife - time.Second)
	expect("in time", path, http.StatusOK, "")
	a.now = noon.Add(downloadLife)
	expect("late", path, http.StatusNotFound, "client_download_gone")
	expect("guessed", downloadPath+"guessed", http.StatusNotFound, "client_download_gone")
	path = ask()
	a.carry("v1.2.4", "another program")
	expect("after an upgrade", path, http.StatusConflict, "client_download_changed")
}

func TestCheckAddress(t *testing.T) {
	a := newClientsAPI(t)
	for _, test := range []struct{ given, server, code string }{
		{"localhost", "https://localhost:8444", "client_address_loopback"},
		{"https://127.0.0.1:8444/", "https://127.0.0.1:8444", "client_address_loopback"},
		{"jefe.invalid", "https://jefe.invalid:8444", "client_address_unknown"},
		{"192.0.2.1", "https://192.0.2.1:8444", "client_address_uncovered"},
		{"2001:db8::1", "https://[2001:db8::1]:8444", "client_address_uncovered"},
		{"192.0.2.1:0", "", "client_address_form"},
		{"a'b", "", "client_address_form"},
		{"https://ana@jefe.example", "", "client_address_form"},
	} {
		got := a.admin(http.MethodPost, "/clients/check-address", body{"server": test.given}, http.StatusOK)
		a.expect(got, test.server, "server")
		a.expect(got, test.code, "problem", "code")
		a.expect(got, false, "ok")
	}

	a.expect(a.admin(http.MethodPost, "/clients/names", body{"name": "a b"}, http.StatusUnprocessableEntity), "server_name_form", "code")
	list := a.admin(http.MethodPost, "/clients/names", body{"name": "192.0.2.1"}, http.StatusOK)
	a.expect(list, "map[added:true name:192.0.2.1]", "names", 2)
	got := a.admin(http.MethodPost, "/clients/check-address", body{"server": "192.0.2.1"}, http.StatusOK)
	a.expect(got, true, "ok")
	a.expect(got, true, "covered")
	a.expect(a.admin(http.MethodPost, "/clients/check-address", body{"server": "192.0.2.1:9444"}, http.StatusOK), "client_address_port", "problem", "code")
	a.expect(a.admin(http.MethodDelete, "/clients/names/localhost", nil, http.StatusConflict), "server_name_own", "code")
	a.admin(http.MethodDelete, "/clients/names/192.0.2.1", nil, http.StatusOK)
	a.expect(a.admin(http.MethodDelete, "/clients/names/192.0.2.1", nil, http.StatusNotFound), "server_name_unknown", "code")
}

func TestCommands(t *testing.T) {
	m := madeClient{fileName: "agent", sha256: "abcd", url: "https://jefe:8443/x", authority: "ab12", config: &tag.Config{Server: "https://jefe:8444", EnrolmentKey: "ejk_1"}}
	ids := func() string {
		var list []string
		for _, c := range m.commands() {
			if list = append(list, c.ID); c.Secret != (strings.Contains(c.Text, "ejk_") || strings.Contains(c.Text, m.url) && m.url != "") {
				t.Errorf("%s is secret: %v: %s", c.ID, c.Secret, c.Text)
			}
		}
		return strings.Join(list, " ")
	}
	for format, want := range map[installer.Format]string{
		installer.Program: "silent gpo intune_install intune_uninstall intune_detection powershell",
		installer.MSI:     "silent properties gpo intune_install powershell", installer.Debian: "silent shell", installer.Archive: "silent shell",
	} {
		m.format = format
		if got := ids(); got != want {
			t.Errorf("%s: %s; want %s", format, got, want)
		}
	}
	m.format, m.url = installer.MSI, ""
	m.config.Proxy, m.config.EndProcess, m.config.Sensor, m.config.SpoolBytes = "http://p:1", true, event.SensorPoll, 5<<20
	if got, want := m.properties(), `msiexec /i agent /qn SERVER="https://jefe:8444" AUTHORITY=ab12 TOKEN=ejk_1 PROXY="http://p:1" ENDPROCESS=true SENSOR=poll SPOOLBYTES=5242880`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m.config.Proxy = "http://ana:a%22b&c@p:1" // no shell leaves that alone
	if got, want := ids(), "silent gpo intune_install"; got != want {
		t.Errorf("nowhere to fetch it, and a proxy that cannot be written: %s; want %s", got, want)
	}
}

func TestPageAddress(t *testing.T) {
	for _, test := range []struct{ called, host, want string }{
		{"jefe.example:8443", "agents.example", "https://jefe.example:8443"}, {"jefe.example", "agents.example", "https://jefe.example"},
		{"localhost:8443", "agents.example", "https://agents.example:8443"}, {"[::1]:8443", "2001:db8::1", "https://[2001:db8::1]:8443"},
		{"127.0.0.1", "2001:db8::1", "https://[2001:db8::1]"}, {"a'b; rm -rf:8443", "agents.example", "https://agents.example:8443"},
		{"jefe.example:x;y", "agents.example", "https://jefe.example"}, {"jefe.example:443", "agents.example", "https://jefe.example"},
	} {
		if got := pageAddress(test.called, test.host); got != test.want {
			t.Errorf("called as %q: %s; want %s", test.called, got, test.want)
		}
	}
}
