//go:build unix

package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

func TestCoverageOfAnswers(t *testing.T) {
	a := agentsAPI(t)
	a.fill()
	_, secret := a.addKey(body{"name": "office"})
	blind := a.agent("ACC-01", secret, noon.Add(-time.Minute), false)
	whole := a.agent("ACC-02", secret, noon.Add(-time.Minute), false)
	sum := sha256.Sum256([]byte("a"))
	ids := a.report(blind, []event.Gap{
		{Cause: event.SourceLost, From: noon.Add(-2 * time.Hour), To: noon.Add(-time.Hour), Events: count(5), Detail: "buffers"},
		{Cause: event.AgentOff, From: noon.Add(-30 * time.Hour), To: noon.Add(-29 * time.Hour)},
		{Cause: event.ClockJump, From: noon.Add(-time.Minute), To: noon.Add(-time.Minute), Events: count(0)},
	}, start(10, noon.Add(-3*time.Hour), `C:\a.exe`, sum))
	a.report(whole, nil, start(10, noon.Add(-3*time.Hour), `C:\a.exe`, sum))

	g := a.get("/gaps?limit=2")
	a.expect(g, "clock_jump", "gaps", 0, "cause")
	a.expect(g, "ACC-01", "gaps", 1, "station", "name")
	a.expect(g, 5, "gaps", 1, "events")
	a.expect(g, "buffers", "gaps", 1, "detail")
	g = a.get("/gaps?limit=2&cursor=" + fmt.Sprint(at(g, "next")))
	a.expect(g, "agent_off", "gaps", 0, "cause")
	a.expect(g, nil, "gaps", 0, "events")
	a.expect(g, nil, "next")
	a.expect(a.get(fmt.Sprintf("/gaps?station=%d", whole)), "[]", "gaps")
	a.expect(a.get("/gaps?cause=source_lost&from=2026-11-17T10:30:00Z&to=2026-11-17T10:31:00Z"), "source_lost", "gaps", 0, "cause")
	a.expect(a.get(fmt.Sprintf("/gaps?station=%d&station=%d&limit=1", whole, blind)), "ACC-01", "gaps", 0, "station", "name")
	for _, query := range []string{"cause=none", "station=-1", "station=0", "station=" + strings.Repeat("1&station=", 20) + "1", "from=2026-11-17T00:00:00Z&to=2026-11-16T00:00:00Z", "cursor=x", "limit=0"} {
		a.call(auth.Viewer, http.MethodGet, "/gaps?"+query, nil, http.StatusUnprocessableEntity)
	}

	c := a.get("/coverage?bands=24")
	for member, want := range map[string]any{
		"complete": false, "gaps": 2, "stations": 1, "lost": 5, "lost_unknown": false, "from": "2026-11-17T10:00:00Z", "to": "2026-11-17T11:00:00Z", "silent": 0, "behind": 0,
	} {
		a.expect(c, want, member)
	}
	a.expect(c, "2026-11-16T12:00:00Z", "bands", 0, "from")
	a.expect(c, 0, "bands", 21, "stations")
	a.expect(c, 1, "bands", 22, "stations")
	a.expect(c, "[map[id:2 name:ACC-01 why:gap]]", "examples")
	a.expect(a.get("/coverage?from=2026-11-01T00:00:00Z"), true, "lost_unknown")
	a.expect(c, nil, "of_stations")
	a.expect(a.get(fmt.Sprintf("/coverage?station=%d", whole)), true, "complete")
	a.expect(a.get(fmt.Sprintf("/coverage?station=%d&station=%d", whole, blind)), fmt.Sprintf("[%d %d]", whole, blind), "of_stations")
	a.expect(a.get(fmt.Sprintf("/coverage?station=%d&station=%d", whole, blind)), 2, "gaps")
	a.call(auth.Viewer, http.MethodGet, "/coverage?to=2026-11-16T00:00:00Z&from=2026-11-17T00:00:00Z", nil, http.StatusUnprocessableEntity)

	// What is asked of one station is about that one alone.
	for query, complete := range map[string]bool{
		"": false, "q=station:acc-01": false, "q=station:ACC-02": true, "q=station:ACC-07": true, "q=station:acc-*": false, "q=-station:ACC-02": false,
		fmt.Sprintf("q=station_id:%d", whole): true, "q=" + url.QueryEscape(fmt.Sprintf("station_id:(%d OR %d)", whole, blind)): false,
		"q=" + url.QueryEscape("station:(ACC-02 OR ACC-07)"): true, fmt.Sprintf("q=station_id:>%d", blind): false,
		"q=" + url.QueryEscape("kind:start station:ACC-02"): true, "q=" + url.QueryEscape("station:ACC-02 OR user:bob"): false,
		"to=2026-11-17T09:00:00Z&from=2026-11-17T08:00:00Z": true,
	} {
		for _, path := range []string{"/events?", "/events/count?", "/events/histogram?buckets=2&"} {
			a.expect(a.get(path+query), complete, "coverage", "complete")
		}
	}
	for query, stations := range map[string]any{
		"": nil, "q=station:acc-01": fmt.Sprintf("[%d]", blind), "q=station:acc-*": nil, fmt.Sprintf("q=station_id:>%d", blind): nil,
		"q=" + url.QueryEscape(fmt.Sprintf("station_id:(%d OR %d)", whole, blind)):         fmt.Sprintf("[%d %d]", whole, blind),
		"q=" + url.QueryEscape("station_id:(1"+strings.Repeat(" OR 2", stationsAsked)+")"): nil,
	} {
		a.expect(a.get("/events?"+query), stations, "coverage", "of_stations")
	}
	e := a.get("/events?q=station_id:" + fmt.Sprint(blind))
	a.expect(e, 5, "coverage", "lost")
	a.expect(e, "map[cause:agent_off events:0 gaps:1 stations:1]", "coverage", "causes", 0)
	a.expect(e, nil, "coverage", "bands")
	a.expect(a.get("/binaries/histogram"), nil, "coverage")

	a.expect(a.get("/processes/"+ids[0]), 5, "coverage", "lost")
	a.expect(a.get("/processes/"+ids[0]), 2, "coverage", "gaps")
	a.expect(a.get("/processes/"+ids[0]+"/tree"), false, "coverage", "complete")
	a.expect(a.get("/processes/"+ids[0]+"/tree"), fmt.Sprintf("[%d]", blind), "coverage", "of_stations")
	a.expect(a.get("/pulse"), false, "coverage", "complete")
	a.expect(a.get(fmt.Sprintf("/pulse?station_id=%d", whole)), true, "coverage", "complete")

	// The error of the answer is told, not that of what runs beside it.
	a.call(auth.Viewer, http.MethodGet, "/events?cursor=x", nil, http.StatusUnprocessableEntity)
	a.call(auth.Viewer, http.MethodGet, "/processes/"+strings.Replace(ids[0], "2-", "9-", 1), nil, http.StatusNotFound)
}

func TestCoveredFails(t *testing.T) {
	a := &API{}
	unknown, wrong := errors.New("not to be told"), fault.Invalidf("wrong")
	waits := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, test := range map[string]struct {
		question, main func(context.Context) error
		want           error
	}{
		"the question": {func(context.Context) error { return unknown }, waits, unknown},
		"the answer":   {waits, func(context.Context) error { return wrong }, wrong},
	} {
		_, err := a.covered(t.Context(), func(ctx context.Context) (store.CoverageQuestion, error) {
			return store.CoverageQuestion{}, test.question(ctx)
		}, test.main)
		if !errors.Is(err, test.want) {
			t.Errorf("%s fails: %v, want %v", name, err, test.want)
		}
	}
}
