// Package rules holds the Sigma rules that come with El Jefe.
//
// Beside each rule, a file with its name and the ending .ndjson holds events as El
// Jefe writes them. Those with "matches": true are what the rule is for; it must
// match no other of them. The rules are ours, under the project's licence; what they
// mean, and who sees their matches, is not decided here.
package rules

import (
	"embed"
	"io/fs"
)

//go:embed */*.yml
var files embed.FS

// Files returns the rules, a folder for each system.
func Files() fs.FS { return files }
