package agent

import (
	"github.com/eljefe/eljefe/internal/agent/winapi"
)

func init() {
	sinceBoot, machineParts, ownCost = winapi.SinceBoot, winapi.MachineParts, winapi.OwnCost
	currentBoot = func() boot {
		id, began := winapi.Boot()
		return boot{ID: id, Began: began}
	}
	systemName = func() string { return winapi.Version().String() }
	systemProxy = winapi.SystemProxy
}
