package api

import (
	"net/http"
	"reflect"
	"runtime"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/eljefe/eljefe/internal/server/auth"
)

// routes lists everything the API can do, and who may ask for it.
func (a *API) routes() {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

	route(a, post, "/session", public, "Log in", a.logIn)
	route(a, get, "/session", loggedIn, "Who is logged in", a.getSession)
	route(a, del, "/session", loggedIn, "Log out", a.logOut)
	route(a, put, "/session/password", loggedIn, "Change the own password", a.changePassword)

	route(a, get, "/events", auth.Viewer, "List events, newest first", a.listEvents)
	route(a, get, "/events/count", auth.Viewer, "Count events", a.countEvents)
	route(a, get, "/events/histogram", auth.Viewer, "Count events over time", a.histogram)
	route(a, get, "/events/facets", auth.Viewer, "Count the values of fields", a.getFacets)
	route(a, get, "/events/export", auth.Viewer, "Export all events of a filter as NDJSON or CSV", a.exportEvents)
	a.liveRoute()
	route(a, get, "/processes/{id}", auth.Viewer, "One process, its start and its end", a.getProcess)
	route(a, get, "/processes/{id}/ancestors", auth.Viewer, "The parent of a process, its parent, and so on", a.getAncestors)
	route(a, get, "/processes/{id}/descendants", auth.Viewer, "All processes below a process", a.getDescendants)
	route(a, get, "/processes/{id}/tree", auth.Viewer, "All processes below a process, with what a tree shows of them", a.getTree)

	route(a, get, "/binaries", auth.Viewer, "List binaries", a.listBinaries)
	route(a, get, "/binaries/count", auth.Viewer, "Count binaries", a.countBinaries)
	route(a, get, "/binaries/histogram", auth.Viewer, "Count binaries over the time when they were first seen", a.getBinaryHistogram)
	route(a, get, "/binaries/facets", auth.Viewer, "Count the values that fields of binaries have", a.getBinaryFacets)
	route(a, get, "/binaries/export", auth.Viewer, "Export all binaries of a filter as NDJSON or CSV", a.exportBinaries)
	route(a, get, "/binaries/{id}", auth.Viewer, "One binary", a.getBinary)
	route(a, get, "/binaries/{id}/facts", auth.Viewer, "What a binary is, taken to pieces; its content must have been fetched", a.getBinaryFacts)
	route(a, get, "/binaries/{id}/stations", auth.Viewer, "The stations that have run a binary", a.listBinaryStations)
	route(a, get, "/binaries/{id}/users", auth.Viewer, "The accounts that have run a binary", a.listBinaryUsers)
	route(a, get, "/binaries/{id}/parents", auth.Viewer, "The binaries that have started a binary", a.listParents)
	route(a, get, "/binaries/{id}/children", auth.Viewer, "The binaries that a binary has started", a.listChildren)

	route(a, get, "/devices", auth.Viewer, "List USB devices", a.listDevices)
	route(a, get, "/devices/count", auth.Viewer, "Count USB devices", a.countDevices)
	route(a, get, "/devices/export", auth.Viewer, "Export all USB devices of a filter as NDJSON or CSV", a.exportDevices)
	route(a, get, "/devices/{id}", auth.Viewer, "One USB device, the names it gave itself and the file systems that were on it", a.getDevice)
	route(a, get, "/devices/{id}/stations", auth.Viewer, "The stations that had a USB device", a.listDeviceStations)
	route(a, get, "/device-events", auth.Viewer, "List what stations reported of USB devices, newest first", a.listDeviceEvents)
	route(a, get, "/device-events/count", auth.Viewer, "Count what stations reported of USB devices", a.countDeviceEvents)
	route(a, get, "/device-events/export", auth.Viewer, "Export what stations reported of USB devices as NDJSON or CSV", a.exportDeviceEvents)

	route(a, get, "/query/fields", auth.Viewer, "The fields of the filter language", a.queryFields)
	route(a, get, "/query/values", auth.Viewer, "Values that a field has", a.queryValues)
	route(a, get, "/query/check", auth.Viewer, "Check a filter and take it apart", a.checkQuery)

	route(a, get, "/stations", auth.Viewer, "List stations", a.listStations)
	route(a, get, "/stations/facets", auth.Viewer, "Count the values that fields of stations have", a.getStationFacets)
	route(a, get, "/stations/export", auth.Viewer, "Export all stations as NDJSON or CSV", a.exportStations)
	route(a, get, "/stations/{id}", auth.Viewer, "One station", a.getStation)
	route(a, get, "/stations/{id}/binaries", auth.Viewer, "The binaries that have run on a station, the rarest first", a.listStationBinaries)
	route(a, get, "/stations/{id}/devices", auth.Viewer, "The USB devices that a station had, those first that it had last", a.listStationDevices)
	route(a, get, "/stations/{id}/users", auth.Viewer, "The accounts that have run something on a station", a.listStationUsers)
	route(a, patch, "/stations/{id}", auth.Analyst, "Name or label a station", a.changeStation)
	route(a, post, "/stations/{id}/retire", auth.Administrator, "Say that nothing is expected of a station any more", a.retireStation)
	route(a, post, "/stations/{id}/restore", auth.Administrator, "Take back that a station was retired", a.restoreStation)
	route(a, post, "/stations/{id}/revoke", auth.Administrator, "Refuse a station's certificates, for good", a.revokeStation)
	route(a, post, "/stations/{id}/tasks", auth.Analyst, "Ask a station for something", a.addTask)
	route(a, del, "/stations/{id}", auth.Administrator, "Remove an imported, retired or revoked station and its events", a.removeStation)

	route(a, get, "/gaps", auth.Viewer, "List the spans for which stations' records are incomplete, newest first", a.listGaps)
	route(a, get, "/coverage", auth.Viewer, "How complete the record of a span is", a.getCoverage)
	route(a, get, "/tasks", auth.Viewer, "List what stations were asked to do, newest first", a.listTasks)
	route(a, get, "/tasks/{id}", auth.Viewer, "One task", a.getTask)
	route(a, post, "/tasks/{id}/cancel", auth.Analyst, "Cancel a task that is not over", a.cancelTask)
	route(a, get, "/files/{sha256}", auth.Viewer, "One file that was fetched from a station", a.getFile)
	route(a, get, "/files/{sha256}/content", auth.Analyst, "The content of a file, as a gzip file", a.getFileContent, gzipAnswer)

	route(a, get, "/overview", auth.Viewer, "The fleet in a few numbers", a.getOverview)
	route(a, get, "/pulse", auth.Viewer, "Starts and stops in each hour, and the busiest stations", a.getPulse)

	route(a, get, "/searches", auth.Viewer, "The own saved searches and those that are shared", a.listSearches)
	route(a, post, "/searches", auth.Viewer, "Save a search", a.addSearch)
	route(a, get, "/searches/{id}", auth.Viewer, "One saved search", a.getSearch)
	route(a, patch, "/searches/{id}", auth.Viewer, "Change a saved search", a.changeSearch)
	route(a, del, "/searches/{id}", auth.Viewer, "Remove a saved search", a.removeSearch)

	route(a, post, "/imports", auth.Analyst, "Import a log file; the body is the file itself", a.addImport, rawBody)
	route(a, get, "/imports", auth.Viewer, "The latest imports", a.listImports)
	route(a, get, "/imports/{id}", auth.Viewer, "One import and how far it is", a.getImport)

	route(a, get, "/users", auth.Administrator, "List users", a.listUsers)
	route(a, post, "/users", auth.Administrator, "Add a user with a one-time password", a.addUser)
	route(a, patch, "/users/{id}", auth.Administrator, "Change a user's role, or disable the user", a.changeUser)
	route(a, post, "/users/{id}/reset-password", auth.Administrator, "Give a user a new one-time password", a.resetPassword)
	route(a, del, "/users/{id}", auth.Administrator, "Remove a user", a.removeUser)

	route(a, get, "/demo", auth.Viewer, "What is left of the demo", a.getDemo)
	route(a, del, "/demo", auth.Administrator, "Remove the demo: its stations and their events", a.removeDemo)

	route(a, get, "/tokens", auth.Viewer, "List the own tokens; an administrator sees all", a.listTokens)
	route(a, post, "/tokens", auth.Viewer, "Make a token for a program", a.addToken)
	route(a, del, "/tokens/{id}", auth.Viewer, "Revoke a token", a.removeToken)

	route(a, get, "/enrolment-keys", auth.Administrator, "List the keys with which agents enrol", a.listEnrolmentKeys)
	route(a, post, "/enrolment-keys", auth.Administrator, "Make a key with which agents enrol", a.addEnrolmentKey)
	route(a, post, "/enrolment-keys/{id}/revoke", auth.Administrator, "Let nobody in by a key any more; its stations stay", a.revokeEnrolmentKey)
	route(a, del, "/enrolment-keys/{id}", auth.Administrator, "Remove a key; its stations stay", a.removeEnrolmentKey)

	route(a, get, "/clients", auth.Administrator, "What clients can be made, and for which server", a.listClients)
	route(a, post, "/clients", auth.Administrator, "Make a client that needs nothing said when it is installed", a.makeClient)
	route(a, post, "/clients/check-address", auth.Administrator, "Check the address that agents are to call", a.checkClientAddress)
	route(a, post, "/clients/names", auth.Administrator, "Add a name to the server's certificate", a.addServerName)
	route(a, del, "/clients/names/{name}", auth.Administrator, "Remove a name that was added to the server's certificate", a.removeServerName)
	route(a, get, "/clients/downloads/{name}", public, "Fetch a client that was made; its address is the secret", a.fetchClient, clientAnswer)

	route(a, get, "/updates", auth.Administrator, "How far agents are brought to a newer version", a.getUpdates)
	route(a, put, "/updates", auth.Administrator, "Switch updates of agents on or off, and choose stations", a.setUpdates)
	route(a, post, "/updates/pause", auth.Administrator, "Offer no station a newer agent for now", a.pauseUpdates)
	route(a, post, "/updates/resume", auth.Administrator, "Go on offering stations a newer agent", a.resumeUpdates)
	route(a, get, "/updates/stations", auth.Administrator, "What became of each update of a station, newest first", a.listStationUpdates)

	route(a, get, "/audit", auth.Administrator, "What was done and by whom, newest first", a.listAudit)
	route(a, get, "/status", auth.Viewer, "The server, its database and how much is stored", a.getStatus)
}

// rawBody says that the body is a file, streamed and not parsed.
func rawBody(op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{
		Required:    true,
		Description: "An .evtx file, an .etl file or newline-delimited JSON.",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
	op.DefaultStatus = http.StatusAccepted
}

// gzipAnswer says that the answer is a file.
func gzipAnswer(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A gzip file with the content inside, so that it cannot be started by accident.",
		Content:     map[string]*huma.MediaType{"application/gzip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
}

// handlerName returns the name of a method value: "(*API).listEvents-fm" gives "listEvents".
func handlerName(handler any) string {
	name := runtime.FuncForPC(reflect.ValueOf(handler).Pointer()).Name()
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
}

// operationID turns "listEvents" into "list-events".
func operationID(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
