package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// Search is how long the answers to one question took.
type Search struct {
	Name     string  `json:"name"`
	Span     string  `json:"span,omitempty"` // "24h" and "30d" before now; "": of one process
	Runs     int     `json:"runs"`
	P50MS    float64 `json:"p50_ms"`
	P95MS    float64 `json:"p95_ms"`
	MaxMS    float64 `json:"max_ms"`
	Rows     int64   `json:"rows"`               // of the last answer; events that were counted
	Complete bool    `json:"complete"`           // false: the server's time was up
	TargetMS int     `json:"target_ms,omitzero"` // DESIGN section 10
}

// A question is one request that is sent many times.
type question struct {
	name, span, path string
	query            url.Values
	page             int                                                       // 0: the first
	ask              func(*caller, context.Context, *question) (answer, error) // nil: plain
}

type answer struct {
	rows     int64
	complete bool
}

const (
	target       = 300              // ms, for what concerns the last 24 h
	longestTotal = 20 * time.Second // for all runs of one question
	fewestRuns   = 3
	exportRows   = 10_000
)

// searchAll asks every question many times, over HTTP.
func (b *bench) searchAll(ctx context.Context, tree store.ProcessRef) (list []Search, err error) {
	c, stop, err := b.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	questions, err := b.questions(ctx, c, tree)
	if err != nil {
		return nil, err
	}
	for i := range questions {
		s, err := b.measure(ctx, c, &questions[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", questions[i].name, err)
		}
		b.say("  %s %s: p95 %.1f ms", s.Name, s.Span, s.P95MS)
		list = append(list, s)
	}
	return list, nil
}

// serve answers API requests on a port of this machine. Whoever asks may do
// everything: the port is there for this process alone and for a short time,
// and what it shows is invented.
func (b *bench) serve(ctx context.Context) (*caller, func() error, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	log := b.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	handler := api.New(api.Config{Store: b.db, Auth: auth.New(b.db), Log: log, Version: "bench", Now: b.now})
	admin := &auth.Caller{User: &store.User{Name: "bench", Role: auth.Administrator}, Role: auth.Administrator}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(auth.WithCaller(r.Context(), admin)))
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	stop := func() error {
		err := server.Close()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
	return &caller{base: "http://" + listener.Addr().String() + "/api/v1"}, stop, nil
}

// questions returns what is asked: what analysts ask all day.
func (b *bench) questions(ctx context.Context, c *caller, tree store.ProcessRef) ([]question, error) {
	newest, err := b.newest(ctx, c)
	if err != nil {
		return nil, err
	}
	rare, err := b.rarest(ctx)
	if err != nil {
		return nil, err
	}
	spans := map[string]time.Duration{"24h": 24 * time.Hour, "30d": 30 * 24 * time.Hour}
	values := func(span, q string, more ...string) url.Values {
		v := url.Values{"from": {b.now().Add(-spans[span]).Format(time.RFC3339Nano)}}
		if q != "" {
			v.Set("q", q)
		}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	var list []question
	for _, span := range [...]string{"24h", "30d"} {
		for _, x := range [...]struct{ name, q string }{
			{"newest 100", ""},
			{"one station", "station:" + newest.Station},
			{"image, common", "image:chrome.exe"},
			{"image, wildcards", `image:*\office16\*.exe`},
			{"sha256, rare", "sha256:" + rare},
			{"user", `user:"` + newest.User + `"`},
			{"command line, common", `command_line:"` + CommonText + `"`},
			{"command line, rare", `command_line:` + RareText},
			{"command line, absent", `command_line:` + AbsentText},
			{"words, absent", AbsentText},
			{"parent image", "parent_image:powershell.exe"},
			{"duration, few", "duration:>5h"},
			{"duration, many", "duration:<1s"},
			{"prevalence 1", "prevalence:1"},
			{"write operations, some", "write_ops:>=600"},
			{"write operations, none", "write_ops:>=1000000000"},
			{"negation", "-signed:true integrity:system"},
		} {
			list = append(list, question{name: x.name, span: span, path: "/events", query: values(span, x.q)})
		}
		list = append(list,
			question{name: "20th page", span: span, path: "/events", query: values(span, ""), page: 20},
			question{name: "count", span: span, path: "/events/count", query: values(span, "")},
			question{name: "count, image", span: span, path: "/events/count", query: values(span, "image:chrome.exe")},
			question{name: "count, absent words", span: span, path: "/events/count", query: values(span, "command_line:"+AbsentText)},
			question{name: "histogram", span: span, path: "/events/histogram", query: values(span, "", "to", b.now().Format(time.RFC3339Nano))},
			question{name: "histogram, image", span: span, path: "/events/histogram", query: values(span, "image:chrome.exe", "to", b.now().Format(time.RFC3339Nano))},
		)
	}
	id := tree.String()
	return append(list,
		question{name: "process", path: "/processes/" + newest.ProcessID},
		question{name: "ancestors", path: "/processes/" + newest.ProcessID + "/ancestors"},
		question{name: "descendants, 2000", path: "/processes/" + id + "/descendants", query: url.Values{"limit": {strconv.Itoa(treeSize)}}},
		question{name: "export, first 10000", span: "30d", path: "/events/export", query: values("30d", ""), ask: (*caller).export},
	), nil
}

// newest returns the newest start by a user.
func (b *bench) newest(ctx context.Context, c *caller) (*api.Event, error) {
	var out struct{ Events []api.Event }
	if err := c.get(ctx, "/events", url.Values{"limit": {"500"}}, &out); err != nil {
		return nil, err
	}
	for i := range out.Events {
		if e := &out.Events[i]; e.Kind == "start" && e.UserSID != "S-1-5-18" {
			return e, nil
		}
	}
	return nil, errors.New("the newest events have no start by a user")
}

// measure asks one question until it was asked often or long enough.
func (b *bench) measure(ctx context.Context, c *caller, q *question) (Search, error) {
	s := Search{Name: q.name, Span: q.span}
	if q.span == "24h" {
		s.TargetMS = target
	}
	ask := q.ask
	if ask == nil {
		ask = (*caller).plain
	}
	asked := *q
	if q.page > 1 {
		if err := c.turnPages(ctx, &asked, q.page-1); err != nil {
			return s, err
		}
	}
	var times []time.Duration
	for begun := time.Now(); len(times) < b.Runs && (len(times) < fewestRuns || time.Since(begun) < longestTotal); {
		at := time.Now()
		a, err := ask(c, ctx, &asked)
		if err != nil {
			return s, err
		}
		times = append(times, time.Since(at))
		s.Rows, s.Complete = a.rows, a.complete
	}
	s.Runs, s.P50MS, s.P95MS, s.MaxMS = len(times), quantile(times, 0.5), quantile(times, 0.95), quantile(times, 1)
	return s, nil
}

// caller sends requests.
type caller struct{ base string }

func (c *caller) open(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // the status says enough
		_ = res.Body.Close()
		return nil, fmt.Errorf("%s?%s: %s: %s", path, query.Encode(), res.Status, text)
	}
	return res, nil
}

// get reads a whole answer into out.
func (c *caller) get(ctx context.Context, path string, query url.Values, out any) error {
	res, err := c.open(ctx, path, query)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

func (c *caller) plain(ctx context.Context, q *question) (answer, error) {
	var out struct {
		ID                             string
		Events, Ancestors, Descendants []struct{}
		Count                          int64
		Buckets                        []struct{ Count int64 }
		Complete                       *bool
	}
	err := c.get(ctx, q.path, q.query, &out)
	a := answer{rows: int64(len(out.Events)+len(out.Ancestors)+len(out.Descendants)) + out.Count, complete: out.Complete == nil || *out.Complete}
	for _, b := range out.Buckets {
		a.rows += b.Count
	}
	if out.ID != "" {
		a.rows++
	}
	return a, err
}

// turnPages puts the cursor of q behind its first n pages.
func (c *caller) turnPages(ctx context.Context, q *question, n int) error {
	query := url.Values{}
	for k, v := range q.query {
		query[k] = v
	}
	for range n {
		var out struct{ Next string }
		if err := c.get(ctx, q.path, query, &out); err != nil {
			return err
		}
		if out.Next == "" {
			return errors.New("there are fewer pages")
		}
		query.Set("cursor", out.Next)
	}
	q.query = query
	return nil
}

// export reads the first rows of an export and leaves.
func (c *caller) export(ctx context.Context, q *question) (a answer, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	res, err := c.open(ctx, q.path, q.query)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	lines := bufio.NewReader(res.Body)
	for a.rows < exportRows {
		if _, err := lines.ReadSlice('\n'); err == io.EOF {
			break
		} else if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return a, err
		} else if err == nil {
			a.rows++
		}
	}
	a.complete = true
	return a, nil
}
