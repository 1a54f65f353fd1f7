// Package wire is the protocol between agents and servers: its paths, messages,
// limits and history.
//
// It is plain HTTPS that a person can replay: JSON requests and answers, and
// batches of events as lines of JSON compressed with zstd. An agent shows its
// station's certificate; all but Enroll is refused without one. Every request
// and every answer carries the protocol's version in the header VersionHeader.
// An error is a problem (RFC 9457) whose member code is one of the codes below.
//
// Whatever can be sent twice has the same effect as sent once: events are known
// by their number in the station's stream, tasks and files by the task's number.
package wire

import (
	"encoding/json"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// The protocol's versions, oldest first:
//
//	1  2026-11-23  first
const (
	Version       = 1
	OldestVersion = 1 // that a server still speaks
	VersionHeader = "Eljefe-Protocol"
)

// The paths. {task} is a Task.ID.
const (
	PathEnroll = "/agent/v1/enroll"           // POST EnrollRequest: Enrolled. Without a certificate, or with that of which a clone parts
	PathRenew  = "/agent/v1/renew"            // POST RenewRequest: Enrolled
	PathHello  = "/agent/v1/hello"            // POST Hello: Welcome
	PathEvents = "/agent/v1/events"           // POST lines of JSON: Stored
	PathTasks  = "/agent/v1/tasks"            // GET ?wait=50: Tasks, at once if there are some
	PathTask   = "/agent/v1/tasks/{task}"     // POST TaskReport: 204
	PathFile   = "/agent/v1/files/{task}"     // GET: Received; PUT ?offset=N with bytes: Received
	PathUpdate = "/agent/v1/updates/{sha256}" // GET ?offset=N: bytes of the agent that the station was offered, MaxPiece of them at most
)

// Limits on requests. A server may take less, and says so in Welcome.
const (
	MaxJSON     = 1 << 20 // bytes of a JSON request
	MaxBatch    = 4 << 20 // bytes of a batch as it is sent
	MaxUnpacked = 32 << 20
	MaxLine     = 512 << 10 // bytes of one record of a batch
	MaxRecords  = 10_000    // in one batch
	MaxChunk    = 4 << 20   // bytes of one piece of a file
	MaxPiece    = 512 << 10 // bytes of one piece of an agent's program
	MaxWait     = 55 * time.Second

	// MaxJump is how far a stream's number may lie beyond the last one: as much
	// as a spool could ever have given up.
	MaxJump = 1 << 32
)

// ContentBatch is the media type of a batch; its Content-Encoding is zstd or gzip.
const ContentBatch = "application/x-ndjson"

// Codes of problems, stable: agents decide by them.
const (
	CodeVersion     = "version"      // 426: the agent speaks a version that the server does not
	CodeKey         = "key"          // 403: the enrolment key is unknown, expired, used up or revoked
	CodeCertificate = "certificate"  // 401: none was shown, or one that this authority did not sign, or expired
	CodeRevoked     = "revoked"      // 403: the certificate or the station was revoked: ask seldom
	CodeRetired     = "retired"      // 403: the station was retired: ask seldom
	CodeCloned      = "cloned"       // 409: another machine uses this key: enrol anew with a key of your own
	CodeClock       = "clock"        // 422: the station's clock is too wrong
	CodeBusy        = "busy"         // 429 or 503, with Retry-After
	CodeTooLarge    = "too_large"    // 413: halve the batch, or drop the record
	CodeMalformed   = "malformed"    // 400 or 422: detail says which record and what; sending it again is of no use
	CodeSequence    = "sequence"     // 422: numbers do not ascend, or jump too far
	CodeUnknownTask = "unknown_task" // 404: no such task of this station, or it is over
	CodeOffset      = "offset"       // 409: the piece does not begin where the last one ended; ask how much was received
	CodeMismatch    = "mismatch"     // 422: the file is not the one that was asked for
	CodeNoUpdate    = "no_update"    // 404: the station is not offered this program (any more)
	CodeContext     = "context"      // 412: the server does not remember the context; send the batch again without it
)

// Problem is the answer to a request that failed.
type Problem struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"` // for people: what, where, what to do
	Code   string `json:"code"`
}

// Machine tells which machine an agent runs on. All of it is the agent's claim.
type Machine struct {
	Name         string `json:"name"`         // as the computer calls itself
	Fingerprint  string `json:"fingerprint"`  // digest of what differs from machine to machine; to notice clones, never to identify
	System       string `json:"system"`       // "Debian GNU/Linux 12", "Windows 11 Pro 24H2"
	Architecture string `json:"architecture"` // amd64, arm64
	AgentVersion string `json:"agent_version"`
}

// EnrollRequest asks for a station's first certificate.
type EnrollRequest struct {
	Key     string  `json:"key,omitempty"` // enrolment key; a clone that shows the certificate it was copied with needs none
	Request []byte  `json:"request"`       // PKCS #10 in DER, signed with the station's new key
	Machine Machine `json:"machine"`
}

// RenewRequest asks for a certificate in place of the one that is shown.
type RenewRequest struct {
	Request []byte `json:"request"` // PKCS #10 in DER; the key may be the same or a new one
}

// Enrolled is a certificate.
type Enrolled struct {
	Station     int64     `json:"station"`     // number of the station
	Certificate []byte    `json:"certificate"` // DER
	Authority   []byte    `json:"authority"`   // DER of the authority's certificate
	Expires     time.Time `json:"expires"`
	RenewAfter  time.Time `json:"renew_after"` // two thirds of its life
}

// Hello is what an agent tells of itself when it begins and once in a while.
type Hello struct {
	Machine    Machine   `json:"machine"`
	Run        string    `json:"run"`     // random, new with each start of the agent
	BootID     uint64    `json:"boot_id"` // differs from boot to boot
	Booted     time.Time `json:"booted"`
	AgentBegan time.Time `json:"agent_began"`
	Now        time.Time `json:"now"`                   // the station's clock, at sending
	OffsetMS   *int64    `json:"offset_ms,omitempty"`   // server's clock minus the station's, as the last hello and its answer gave it
	EndProcess bool      `json:"end_process,omitempty"` // whether this client can be asked to end a process
	Stream     Stream    `json:"stream"`
	Sensor     Sensor    `json:"sensor"`
	Self       Self      `json:"self"`

	Update *UpdateReport `json:"update,omitempty"` // nil: the agent takes no updates
}

// Stream is the state of the spool.
type Stream struct {
	Last          uint64    `json:"last"`         // number of the newest record; 0: there has been none
	Acknowledged  uint64    `json:"acknowledged"` // up to which the server said that it has everything
	Waiting       uint64    `json:"waiting"`      // records
	Bytes         uint64    `json:"bytes"`        // of all segments on disk
	Limit         uint64    `json:"limit"`        // bytes that it may take
	OldestWaiting time.Time `json:"oldest_waiting,omitzero"`
}

// Sensor is how the agent sees processes.
type Sensor struct {
	Mode   event.Sensor `json:"mode"`             // which source is in use
	State  string       `json:"state"`            // "working", "degraded", "stopped"
	Detail string       `json:"detail,omitempty"` // why it is not working, or not the best there is
	Events uint64       `json:"events"`           // seen since the agent began
	Lost   uint64       `json:"lost"`             // of those that the source counted, not seen
}

// Self is what the agent costs.
type Self struct {
	MemoryBytes uint64            `json:"memory_bytes"` // resident
	CPUSeconds  float64           `json:"cpu_seconds"`  // of all cores, since the agent began
	Goroutines  int               `json:"goroutines"`
	Queues      map[string]uint64 `json:"queues,omitempty"` // what waits in each, by name
}

// Welcome answers a Hello.
type Welcome struct {
	Station      int64     `json:"station"`
	Now          time.Time `json:"now"`           // the server's clock
	Acknowledged uint64    `json:"acknowledged"`  // the server has everything up to here: go on behind it
	HelloSeconds int       `json:"hello_seconds"` // until the next hello
	BatchBytes   int       `json:"batch_bytes"`   // that a batch may have, as it is sent
	BatchRecords int       `json:"batch_records"`
	BatchWaitMS  int       `json:"batch_wait_ms"` // how long to collect records

	Update *Update `json:"update,omitempty"` // a newer agent; nil: none is offered
}

// Stored answers a batch.
type Stored struct {
	Acknowledged uint64    `json:"acknowledged"` // everything up to here is on disk
	Refused      []Refusal `json:"refused,omitempty"`
	NoContext    bool      `json:"no_context,omitempty"` // the server has no room to remember the batch: the next one cannot build on it
}

// Refusal is a record that cannot be stored. It counts as acknowledged: the
// server notes a gap for it.
type Refusal struct {
	Seq    uint64 `json:"seq"`
	Reason string `json:"reason"`
}

// Update is the offer of a newer agent. The server's authority stands behind it:
// it signed the certificate, whose key signed the offer (package update).
type Update struct {
	Offer       []byte `json:"offer"` // JSON, the very bytes that were signed
	Signature   []byte `json:"signature"`
	Certificate []byte `json:"certificate"` // DER
	Authority   []byte `json:"authority"`   // DER
}

// UpdateState is how far an agent has come with an offer.
type UpdateState string

// The states of an update. The first is the server's, the others the agent tells.
const (
	UpdateOffered    UpdateState = "offered"
	UpdateFetching   UpdateState = "fetching"
	UpdateVerified   UpdateState = "verified"    // it is whole, and the one that was offered
	UpdateInstalled  UpdateState = "installed"   // the new agent runs, on trial
	UpdateReporting  UpdateState = "reporting"   // the server has heard of it: the update is done
	UpdateRefused    UpdateState = "refused"     // the offer is none for this station
	UpdateFailed     UpdateState = "failed"      // it could not be fetched or kept
	UpdateRolledBack UpdateState = "rolled_back" // the new agent did not work; the former one runs
)

// UpdateReport says that an agent takes updates, and what became of the last
// offer. All of it is the agent's claim.
type UpdateReport struct {
	System  string      `json:"system"`           // as GOOS has it
	State   UpdateState `json:"state,omitempty"`  // empty: it knows of no offer
	SHA256  string      `json:"sha256,omitempty"` // of the offered program
	Attempt int         `json:"attempt,omitzero"` // of the offer
	Why     string      `json:"why,omitempty"`    // it was not successful, for people
}

// Verb is something that an agent can be asked to do.
type Verb string

// The verbs. The list is closed: there is no verb that runs a program, writes a
// file or changes a setting, and none may be added without its entry in
// docs/threat-model.md.
const (
	FetchFile     Verb = "fetch_file"     // send the content of a file that has run here, by its SHA-256
	EndProcess    Verb = "end_process"    // end a process, by its key; only clients that were made for it
	ListProcesses Verb = "list_processes" // report all running processes once more
	Diagnose      Verb = "diagnose"       // send the agent's own log and figures
)

// Verbs returns the closed list.
func Verbs() []Verb { return []Verb{FetchFile, EndProcess, ListProcesses, Diagnose} }

// Task is one thing that a station is asked to do. Which members are set depends
// on the verb.
type Task struct {
	ID       int64     `json:"id"`
	Verb     Verb      `json:"verb"`
	Expires  time.Time `json:"expires"`            // by the server's clock; not to be begun later
	SHA256   string    `json:"sha256,omitempty"`   // FetchFile
	Paths    []string  `json:"paths,omitempty"`    // FetchFile: where it lay when it ran; tried in this order
	MaxBytes int64     `json:"max_bytes,omitzero"` // FetchFile
	PID      uint32    `json:"pid,omitzero"`       // EndProcess
	Started  time.Time `json:"started,omitzero"`   // EndProcess: a process with this pid that began at another time is not meant
	BootID   uint64    `json:"boot_id,omitzero"`   // EndProcess: as reported with the process, 0 where it was not
	Image    string    `json:"image,omitempty"`    // EndProcess: must be its image too
}

// Tasks are those that a station has not begun, or had begun when it was last heard of.
type Tasks struct {
	Tasks []Task `json:"tasks"`
}

// TaskState is how far a task has come.
type TaskState string

// The states of a task. The agent reports the last four.
const (
	TaskQueued    TaskState = "queued"    // the station has not asked yet
	TaskSent      TaskState = "sent"      // the station has it
	TaskCancelled TaskState = "cancelled" // by a person, before it was over
	TaskExpired   TaskState = "expired"   // the station did not ask, or did not answer, in time
	TaskRunning   TaskState = "running"
	TaskDone      TaskState = "done"
	TaskFailed    TaskState = "failed"  // tried, and it did not work
	TaskRefused   TaskState = "refused" // this client does not do that
)

// TaskReport says how far a task has come.
type TaskReport struct {
	State   TaskState       `json:"state"`
	Message string          `json:"message,omitempty"` // for people: why it failed, or what was done
	Result  json.RawMessage `json:"result,omitempty"`  // of the verb, for example Diagnosis
}

// Diagnosis is the result of Diagnose.
type Diagnosis struct {
	Hello   Hello    `json:"hello"`
	Log     []string `json:"log"`     // the newest lines, oldest first
	Threads string   `json:"threads"` // stacks of the agent's goroutines
}

// Received says how much of a file has arrived.
type Received struct {
	Bytes int64 `json:"bytes"` // from its beginning, without a hole
	Done  bool  `json:"done"`  // whole, and the right one
}
