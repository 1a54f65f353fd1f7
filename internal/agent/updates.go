package agent

import (
	"runtime"

	"github.com/eljefe/eljefe/internal/agent/update"
	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/wire"
)

// Updates is how an agent takes newer ones that its server offers. Run ends with
// update.ErrReady when one is ready to be tried; who runs the agent sees to that.
type Updates struct {
	// Check looks at a program before it may run; nil: nothing is looked at but what
	// the server signed.
	Check func(path string) error

	// Reported is called when the server has answered a hello of an agent that runs
	// on trial; nil: this one does not.
	Reported func()
}

// newUpdates returns what takes offers, or nil.
func (a *agent) newUpdates(client *uplink.Client) *update.Engine {
	if a.cfg.Updates == nil {
		return nil
	}
	return update.New(update.Config{
		State: a.cfg.Dir, Authority: a.cfg.Settings.Authority, Version: a.cfg.Version, System: runtime.GOOS, Arch: runtime.GOARCH,
		Station: func() int64 { return a.link.Status().Station }, Tell: func() { a.link.Hurry() },
		Fetch: client.Piece, Gone: func(err error) bool { return uplink.Is(err, wire.CodeNoUpdate) },
		BytesPerSecond: a.cfg.Settings.Limits.BytesPerSecond, Check: a.cfg.Updates.Check, Reported: a.cfg.Updates.Reported, Log: a.log,
	})
}

// welcomed gets what the server answers to a hello.
func (a *agent) welcomed(w *wire.Welcome) {
	if a.updates != nil {
		a.updates.Welcomed(w.Update)
	}
}

// updateReport is what hellos say of updates; nil: the agent takes none.
func (a *agent) updateReport() *wire.UpdateReport {
	if a.updates == nil {
		return nil
	}
	return a.updates.Report()
}
