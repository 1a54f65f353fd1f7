// Command gen writes the demo's recording: go generate ./internal/demo
package main

import (
	"log"
	"os"

	"github.com/eljefe/eljefe/internal/demo/story"
)

func main() {
	lines, err := story.NDJSON(story.Build())
	if err == nil {
		err = os.WriteFile("recording.ndjson", lines, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
