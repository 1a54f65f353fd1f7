package api

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// The page names no member of an answer that the API does not give.
func TestPageKnowsTheAPI(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "ui", "src", "api", "types", "*.ts"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the page's types are not where they were: %v", err)
	}
	var raw []byte
	for _, file := range files {
		one, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, one...)
	}
	member := regexp.MustCompile(`(?m)^  (\w+)\??:`)
	for _, tt := range []struct {
		name  string // of the page's interface
		value any
	}{
		{"EventRow", processOutput{}.Body}, {"Statistics", Event{}}, {"Ancestor", Ancestor{}},
		{"User", User{}}, {"Session", Session{}}, {"Token", Token{}}, {"Station", stationOutput{}.Body}, {"Import", Import{}},
		{"QueryField", Field{}}, {"QueryValue", FieldValue{}}, {"QueryTerm", TermJSON{}}, {"QueryCheck", checkOutput{}.Body}, {"Problem", Problem{}},
		{"EventPage", eventsOutput{}.Body}, {"EventCount", countOutput{}.Body}, {"Histogram", histogramOutput{}.Body},
		{"FacetValue", FacetValue{}}, {"Facet", Facet{}}, {"Facets", facetsOutput{}.Body}, {"TreeNode", TreeNode{}}, {"TreePage", treeOutput{}.Body},
		{"Binary", Binary{}}, {"BinaryPage", binariesOutput{}.Body}, {"BinaryCount", binaryCountOutput{}.Body},
		{"BinaryStation", BinaryStation{}}, {"BinaryStationPage", binaryStationsOutput{}.Body},
		{"BinaryUser", BinaryUser{}}, {"BinaryUserList", binaryUsersOutput{}.Body}, {"Launch", Launch{}}, {"LaunchList", launchesOutput{}.Body},
		{"StationUser", StationUser{}}, {"StationUserList", stationUsersOutput{}.Body}, {"Pulse", pulseOutput{}.Body}, {"Overview", overviewOutput{}.Body},
		{"SavedSearchDraft", SavedSearch{}}, {"SavedSearch", SavedSearch{}}, {"SavedSearchList", searchesOutput{}.Body},
		{"StationName", StationName{}}, {"StationAgent", StationAgent{}}, {"AgentReport", wire.Hello{}}, {"AgentStream", wire.Stream{}},
		{"AgentSensor", wire.Sensor{}}, {"AgentSelf", wire.Self{}}, {"Diagnosis", wire.Diagnosis{}},
		{"Coverage", Coverage{}}, {"CoverageReport", coverageOutput{}.Body}, {"Gap", Gap{}}, {"GapPage", gapsOutput{}.Body},
		{"Task", Task{}}, {"TaskDraft", addTaskInput{}.Body}, {"TaskPage", tasksOutput{}.Body}, {"StoredFile", StoredFile{}},
		{"EnrolmentKey", EnrolmentKey{}}, {"EnrolmentKeyDraft", addEnrolmentKeyInput{}.Body}, {"NewEnrolmentKey", addEnrolmentKeyOutput{}.Body},
		{"Device", Device{}}, {"DevicePage", devicesOutput{}.Body}, {"WholeDevice", deviceOutput{}.Body}, {"DeviceVolume", DeviceVolume{}}, {"DeviceName", DeviceName{}},
		{"HadDevice", HadDevice{}}, {"DeviceStation", DeviceStation{}}, {"DeviceStationPage", deviceStationsOutput{}.Body},
		{"StationDevice", StationDevice{}}, {"StationDevicePage", stationDevicesOutput{}.Body},
		{"DeviceEvent", DeviceEvent{}}, {"DeviceEventPage", deviceEventsOutput{}.Body}, {"Volume", event.Volume{}},
		{"AuditEntry", AuditEntry{}}, {"AuditPage", auditOutput{}.Body},
		{"UpdateSettings", UpdateSettings{}}, {"UpdateDraft", setUpdatesInput{}.Body}, {"UpdateResume", resumeUpdatesInput{}.Body}, {"Updates", Updates{}},
		{"UpdateProgram", UpdateProgram{}}, {"UpdateVersion", UpdateVersion{}}, {"StationUpdate", StationUpdate{}},
		{"StationPage", stationsOutput{}.Body}, {"ImportList", importsOutput{}.Body}, {"Status", statusOutput{}.Body},
	} {
		body := regexp.MustCompile(`(?s)export interface ` + tt.name + `\b[^{]*\{(.*?)\n\}`).FindSubmatch(raw)
		if body == nil {
			t.Errorf("the page has no interface %s any more", tt.name)
			continue
		}
		known := memberNames(tt.value)
		for _, m := range member.FindAllSubmatch(body[1], -1) {
			if name := string(m[1]); !slices.Contains(known, name) {
				t.Errorf("%s.%s is no member of the API's answer, which has %v", tt.name, name, known)
			}
		}
	}
}
