package winproc

import (
	"strings"

	"github.com/eljefe/eljefe/internal/agent/enrich"
	"github.com/eljefe/eljefe/internal/event"
)

// fill sets what e does not say and the process itself does. A path goes before
// a bare file name, which is all that some sources have.
func fill(e, facts *event.Process) {
	if facts.Image != "" && (e.Image == "" || !strings.ContainsAny(e.Image, `\/`) || strings.HasPrefix(e.Image, `\Device\`)) {
		e.Image = facts.Image
	}
	set(&e.CommandLine, facts.CommandLine)
	set(&e.CurrentDirectory, facts.CurrentDirectory)
	set(&e.User, facts.User)
	set(&e.UserSID, facts.UserSID)
	set(&e.LogonID, facts.LogonID)
	set(&e.Session, facts.Session)
	set(&e.Integrity, facts.Integrity)
	set(&e.Elevation, facts.Elevation)
	set(&e.Elevated, facts.Elevated)
	set(&e.Privileges, facts.Privileges)
	set(&e.PrivilegesDefault, facts.PrivilegesDefault)
	set(&e.PrivilegesPresent, facts.PrivilegesPresent)
	set(&e.Architecture, facts.Architecture)
	set(&e.Package, facts.Package)
	e.WOW64 = e.WOW64 || facts.WOW64
	e.Protected = e.Protected || facts.Protected
	e.AppContainer = e.AppContainer || facts.AppContainer
	for said := range strings.FieldsSeq(facts.Missing) {
		what, why, _ := strings.Cut(said, "=")
		enrich.Miss(e, enrich.Reason(why), what)
	}
}

// set sets what is not set.
func set[T comparable](to *T, from T) {
	var zero T
	if *to == zero {
		*to = from
	}
}
