// Package carried holds the generic clients that were built into this program:
// what "make build" leaves in dist. Only the server's own command may import it;
// everybody else is given what Files returns, so that no other program and no
// test becomes as large as all agents together.
package carried

import (
	"embed"
	"io/fs"
)

// The folder holds only .gitkeep until the agents are built; Go builds without them.
//
//go:embed all:dist
var dist embed.FS

// Files returns the folder, as package catalogue reads it.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}
