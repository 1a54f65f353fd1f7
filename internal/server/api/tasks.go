package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// Task is something that a station is asked to do.
type Task struct {
	ID        int64           `json:"id"`
	Station   StationName     `json:"station"`
	Verb      string          `json:"verb" enum:"fetch_file,end_process,list_processes,diagnose"`
	State     string          `json:"state" enum:"queued,sent,running,done,failed,refused,cancelled,expired"`
	Who       string          `json:"who" doc:"asked for it"`
	Why       string          `json:"why"`
	Created   time.Time       `json:"created"`
	Expires   time.Time       `json:"expires" doc:"it is not begun later"`
	Sent      *time.Time      `json:"sent,omitempty" doc:"when the station asked"`
	Finished  *time.Time      `json:"finished,omitempty"`
	Updated   time.Time       `json:"updated"`
	Message   string          `json:"message" doc:"for people: why it failed, or what was done"`
	Told      *fault.Text     `json:"told,omitempty" doc:"the message with its code, where it is the server's; absent where it is the station's"`
	Result    json.RawMessage `json:"result,omitempty" doc:"its form depends on the verb"`
	Bytes     int64           `json:"bytes" doc:"of a file, received so far"`
	BytesAll  *int64          `json:"bytes_all,omitempty" doc:"of a file, where its size is known"`
	SHA256    string          `json:"sha256,omitempty" doc:"of fetch_file"`
	ProcessID string          `json:"process_id,omitempty" doc:"of end_process: what /processes/{id} takes"`
	Image     string          `json:"image,omitempty" doc:"of end_process; of fetch_file, where the file lay last"`
}

func taskJSON(t *store.Task) Task {
	j := Task{
		ID: t.ID, Station: StationName{t.Station, t.StationName}, Verb: string(t.Verb), State: string(t.State), Who: t.Who, Why: t.Why,
		Created: t.Created.UTC(), Expires: t.Expires.UTC(), Sent: utc(t.Sent), Finished: utc(t.Finished), Updated: t.Updated.UTC(),
		Message: t.Message, Told: t.Told(), Result: t.Result, Bytes: t.Bytes, BytesAll: t.BytesAll, SHA256: t.Arguments.SHA256, ProcessID: t.Process, Image: t.Arguments.Image,
	}
	if j.Image == "" && len(t.Arguments.Paths) > 0 {
		j.Image = t.Arguments.Paths[0]
	}
	return j
}

type listTasksInput struct {
	Station int64  `query:"station" minimum:"0" doc:"number of a station; absent: all"`
	State   string `query:"state" enum:"queued,sent,running,done,failed,refused,cancelled,expired" doc:"absent: any"`
	PartInput
}

type tasksOutput struct {
	Body struct {
		Tasks []Task `json:"tasks" doc:"newest first"`
		Next  string `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listTasks(ctx context.Context, in *listTasksInput) (*tasksOutput, error) {
	list, next, err := a.Store.Tasks(ctx, store.TaskList{Station: in.Station, State: wire.TaskState(in.State), Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &tasksOutput{}
	out.Body.Tasks, out.Body.Next = make([]Task, len(list)), next
	for i := range list {
		out.Body.Tasks[i] = taskJSON(&list[i])
	}
	return out, nil
}

type taskOutput struct {
	Body Task
}

func (a *API) getTask(ctx context.Context, in *IDInput) (*taskOutput, error) {
	t, err := a.Store.Task(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &taskOutput{Body: taskJSON(t)}, nil
}

type addTaskInput struct {
	IDInput
	Body struct {
		Verb      string `json:"verb" enum:"fetch_file,end_process,list_processes,diagnose" doc:"end_process needs the role administrator"`
		Why       string `json:"why,omitempty" maxLength:"1000" doc:"needed for fetch_file and end_process"`
		SHA256    string `json:"sha256,omitempty" maxLength:"64" doc:"of fetch_file: of a file that has run on the station"`
		ProcessID string `json:"process_id,omitempty" maxLength:"128" doc:"of end_process: of a process that runs on the station"`
	}
}

// taskLife is how long a station has to begin a task. What would surprise
// somebody who works there must not wait for a station that was off.
var taskLife = map[wire.Verb]time.Duration{
	wire.FetchFile:     7 * 24 * time.Hour,
	wire.EndProcess:    10 * time.Minute,
	wire.ListProcesses: 24 * time.Hour,
	wire.Diagnose:      24 * time.Hour,
}

func (a *API) addTask(ctx context.Context, in *addTaskInput) (*taskOutput, error) {
	verb, now := wire.Verb(in.Body.Verb), a.Now()
	d, err := a.Store.StationDetail(ctx, in.ID, now, now)
	if err != nil {
		return nil, err
	}
	if d.Origin != event.Live {
		return nil, fault.New(fault.Conflict, "station %s is known from imported files only: there is nobody to ask", d.Name).Coded("task_station_imported", "station")
	}
	t := store.Task{Station: in.ID, Verb: verb, Who: caller(ctx).User.Name, Why: strings.TrimSpace(in.Body.Why), Expires: now.Add(taskLife[verb])}
	if err := in.onlyWhatFits(verb); err != nil {
		return nil, err
	}
	switch verb {
	case wire.FetchFile:
		t.Arguments, err = a.fetchArguments(ctx, d, in.Body.SHA256)
	case wire.EndProcess:
		t.Process = in.Body.ProcessID
		t.Arguments, err = a.endArguments(ctx, d, in.Body.ProcessID)
	}
	if err != nil {
		return nil, err
	}
	added, err := a.Store.AddTask(ctx, t)
	if err != nil {
		return nil, err
	}
	detail := map[string]any{"id": added.ID, "station": in.ID, "verb": verb, "why": t.Why}
	if t.Arguments.SHA256 != "" {
		detail["sha256"] = t.Arguments.SHA256
	}
	if t.Process != "" {
		detail["process"], detail["image"] = t.Process, t.Arguments.Image
	}
	return &taskOutput{Body: taskJSON(added)}, a.audit(ctx, "task.add", d.Name, detail)
}

// onlyWhatFits refuses members that the verb does not take: who gives them means
// something else.
func (in *addTaskInput) onlyWhatFits(verb wire.Verb) error {
	b := &in.Body
	switch {
	case (verb == wire.FetchFile) != (b.SHA256 != ""):
		return memberFault(verb, "sha256", verb == wire.FetchFile)
	case (verb == wire.EndProcess) != (b.ProcessID != ""):
		return memberFault(verb, "process_id", verb == wire.EndProcess)
	case (verb == wire.FetchFile || verb == wire.EndProcess) && strings.TrimSpace(b.Why) == "":
		return fault.Invalidf("say in why what %s is for: it is kept with the task", verb).Coded("task_no_why", "verb")
	}
	return nil
}

// memberFault is the error that a member is missing, or that it should be.
func memberFault(verb wire.Verb, member string, needed bool) error {
	if needed {
		return fault.Invalidf("%s needs %s", verb, member).Coded("task_needs", "verb", "member")
	}
	return fault.Invalidf("%s takes no %s", verb, member).Coded("task_takes_no", "verb", "member")
}

const (
	mostPaths  = 20 // that a station is told to look for a file
	pathEvents = 200
	pathBudget = 3 * time.Second
)

// fetchArguments asks for a file that has run on the station, and says where it
// lay: there first, as it was last, then on others.
func (a *API) fetchArguments(ctx context.Context, d *store.StationDetail, sha256 string) (t wire.Task, err error) {
	in := FileInput{SHA256: strings.ToLower(sha256)}
	sum, err := in.hash()
	if err != nil {
		return t, err
	}
	if err := a.notStored(ctx, sum); err != nil {
		return t, err
	}
	notThere := fault.New(fault.Conflict, "%s has never run on station %s; ask a station that has run it: /binaries/%s/stations lists them", in.SHA256, d.Name, in.SHA256).Coded("task_never_ran", "sha256", "station", "")
	id, err := a.Store.BinaryByHash(ctx, sum[:])
	if fault.KindOf(err) == fault.NotFound {
		return t, notThere
	}
	if err != nil {
		return t, err
	}
	if ran, err := a.Store.HasRun(ctx, d.ID, id); err != nil {
		return t, err
	} else if !ran {
		return t, notThere
	}
	paths, err := a.pathsOn(ctx, d.ID, id)
	if err != nil {
		return t, err
	}
	b, err := a.Store.Binary(ctx, id)
	if err != nil {
		return t, err
	}
	for _, p := range b.Paths {
		if len(paths) < mostPaths && !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	return wire.Task{SHA256: hex.EncodeToString(sum[:]), Paths: paths, MaxBytes: fetchLimit}, nil
}

// notStored refuses to fetch what is here already.
func (a *API) notStored(ctx context.Context, sum [32]byte) error {
	if a.Files == nil {
		return nil
	}
	_, err := a.Store.StoredFile(ctx, sum[:])
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	there, err := a.Files.Has(ctx, sum)
	if err != nil {
		return err
	}
	if there {
		return fault.New(fault.Conflict, "the file is here already: /files/%x", sum).Coded("task_file_here", "sha256")
	}
	return nil
}

// pathsOn returns where a binary lay on a station when it ran there, the latest
// place first.
func (a *API) pathsOn(ctx context.Context, station, binary int64) (paths []string, err error) {
	q, err := query.Parse(fmt.Sprintf("station_id:%d binary_id:%d -kind:stop", station, binary), a.Now())
	if err != nil {
		return nil, err
	}
	page, err := a.Store.ListEvents(ctx, store.List{Search: store.Search{Query: q, Budget: pathBudget}, Limit: pathEvents})
	if err != nil {
		return nil, err
	}
	for i := range page.Events {
		image := page.Events[i].Image
		if image != "" && len(paths) < mostPaths && !slices.Contains(paths, image) {
			paths = append(paths, image)
		}
	}
	return paths, nil
}

// endArguments names a process that runs on the station, so closely that no
// other can be meant.
func (a *API) endArguments(ctx context.Context, d *store.StationDetail, id string) (t wire.Task, err error) {
	if c := caller(ctx); !auth.Allows(c.Role, auth.Administrator) {
		return t, fault.New(fault.Forbidden, "ending a process needs the role %s; yours is %s", auth.Administrator, c.Role).Coded("task_role", "needed_role", "role")
	}
	var hello wire.Hello
	if len(d.Report) > 0 {
		if err := json.Unmarshal(d.Report, &hello); err != nil {
			return t, fmt.Errorf("read the report of station %d: %w", d.ID, err)
		}
	}
	if !hello.EndProcess {
		return t, fault.New(fault.Conflict, "the client on station %s was not made to end processes", d.Name).Coded("task_client_cannot", "station")
	}
	ref, err := store.ParseProcessRef(id)
	if err != nil {
		return t, err
	}
	if ref.Station != d.ID {
		return t, fault.Invalidf("process %.80s ran on another station than %s", id, d.Name).Coded("task_other_station", "process", "station")
	}
	e, err := a.Store.Process(ctx, ref)
	if err != nil {
		return t, err
	}
	switch {
	case e.Kind == event.Stop, !e.Stopped.IsZero():
		return t, fault.New(fault.Conflict, "process %d, %s, has ended already", e.PID, e.Image).Coded("task_process_ended", "pid", "image")
	case e.BootID != 0 && hello.BootID != 0 && e.BootID != hello.BootID:
		return t, fault.New(fault.Conflict, "station %s was started anew since: process %d, %s, cannot run any more", d.Name, e.PID, e.Image).Coded("task_station_restarted", "station", "pid", "image")
	}
	return wire.Task{PID: e.PID, Started: e.Started.UTC(), BootID: e.BootID, Image: e.Image}, nil
}

func (a *API) cancelTask(ctx context.Context, in *IDInput) (*taskOutput, error) {
	if err := a.Store.CancelTask(ctx, in.ID, caller(ctx).User.Name); err != nil {
		return nil, err
	}
	out, err := a.getTask(ctx, in)
	if err != nil {
		return nil, err
	}
	return out, a.audit(ctx, "task.cancel", out.Body.Station.Name, map[string]any{"id": in.ID, "station": out.Body.Station.ID, "verb": out.Body.Verb})
}
