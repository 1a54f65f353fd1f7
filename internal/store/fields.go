package store

import (
	"fmt"
	"maps"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// column says where the database has a field of the filter language, in a
// search over s, the starts, and t, the stops.
type column struct {
	// value is the SQL of the value; NULL or, of a text, '' is not known. With
	// from, it stands in a row of that table, called d, and id is the SQL of the
	// row's number in s or t.
	value    string
	from, id string

	rarelyBlank bool   // few rows of from have no value: ask for those
	blank       string // SQL that finds them by an index; "" for value = ''
	trigrams    string // SQL of a text that may have a trigram index, and of which value is all or the end
	unsigned    bool   // a 64-bit number kept as signed
	zeroless    string // SQL that serves where the value is not 0, and that the planner has statistics of
	large       string // SQL of what is larger than mostNarrow, where zeroless has that instead; NULL where it is not
	other       bool   // there is no value where the row of the other table is missing

	codes      func(name string) any // of an enum: what stands for a name
	hashes     []hashColumn
	prevalence string // column of binary_total; value is not used
}

type hashColumn struct {
	value  string
	octets int
}

// lastElement is the SQL of what follows the last \ or / of a path.
func lastElement(path string) string {
	return `split_part(translate(` + path + `, '/', '\'), '\', -1)`
}

func inline(value string) column { return column{value: value} }

// unsigned32 is a number of 32 bits without a sign, kept as an integer.
func unsigned32(value string) column { return inline("(" + value + "::bigint & 4294967295)") }

// keyHalf is the number that begins at an octet of a numbered key, or the value
// of the column where the key is another.
func keyHalf(octet int, otherwise string) string {
	return fmt.Sprintf("CASE WHEN s.flags & %d <> 0 THEN ('x' || encode(substring(uuid_send(s.process_key) FROM %d FOR 8), 'hex'))::bit(64)::bigint ELSE %s END",
		flagNumbered, octet, otherwise)
}

func privilegeColumn(value string) column {
	return column{value: value, from: "privilege_set", id: "s.privilege_set_id"}
}

func labelColumn(id string) column {
	return column{value: "d.text", from: "label", id: id, rarelyBlank: true}
}

func unsigned(value string) column { return column{value: value, unsigned: true} }

func pathColumn(id string) column {
	return column{value: "d.text", from: "path", id: id, rarelyBlank: true, blank: "md5(d.text) = md5('')", trigrams: "d.text"}
}

func pathNameColumn(id string) column {
	return column{value: lastElement("d.text"), from: "path", id: id, rarelyBlank: true, trigrams: "d.text"}
}

func accountColumn(value, id string) column {
	return column{value: value, from: "account", id: id, rarelyBlank: true}
}

func binaryColumn(value string) column {
	return column{value: value, from: "binary_file", id: "s.binary_id"}
}

func hashColumns(hashes ...hashColumn) column {
	return column{from: "binary_file", id: "s.binary_id", hashes: hashes}
}

func codesOf[K ~string](codes map[K]int16) func(string) any {
	return func(name string) any { return codes[K(name)] }
}

// flagColumn is a flag that is either set or not; knownFlagColumn is one that
// may also be unknown, and has a bit for each answer.
func flagColumn(bit int16) column {
	return inline(fmt.Sprintf("COALESCE(s.flags & %d <> 0, false)", bit))
}

func knownFlagColumn(yes, no int16) column {
	return inline(fmt.Sprintf("CASE WHEN s.flags & %d <> 0 THEN true WHEN s.flags & %d <> 0 THEN false END", yes, no))
}

// bySysmon is the SQL that tells whether a sensor is Sysmon: only then is a
// process's key a GUID of Sysmon's.
func bySysmon(sensor string) string {
	return fmt.Sprintf("%s = %d", sensor, sensorCode[event.SensorSysmon])
}

// startFields are the columns of a search for starts: process_start s, and the
// stop t of the same process where there is one.
func startFields() map[string]column {
	fields := map[string]column{
		"time":          inline("s.started"),
		"kind":          {value: "s.kind", codes: codesOf(kindCode)},
		"station":       {value: "d.name", from: "station", id: "s.station_id", rarelyBlank: true},
		"station_id":    inline("s.station_id"),
		"sensor":        {value: "NULLIF(s.sensor, 0)", codes: codesOf(sensorCode)},
		"origin":        {value: "d.origin", from: "station", id: "s.station_id", rarelyBlank: true, codes: func(name string) any { return name }},
		"seq":           unsigned("s.seq"),
		"source_file":   {value: "d.name", from: "import_file", id: "s.source_file_id", rarelyBlank: true},
		"source_record": unsigned("s.source_record"),

		"started":  inline("s.started"),
		"stopped":  inline("t.stopped"),
		"duration": inline(microsecondsBetween("s.started", "t.stopped")),
		"running":  inline("t.station_id IS NULL"),

		"pid":          unsigned32("s.pid"),
		"boot_id":      unsigned(keyHalf(1, "s.boot_id")),
		"process_seq":  unsigned(keyHalf(9, "s.process_seq")),
		"process_key":  inline("s.process_key"),
		"process_guid": inline("CASE WHEN " + bySysmon("s.sensor") + " THEN s.process_key END"),

		"image":             pathColumn("s.image_id"),
		"name":              pathNameColumn("s.image_id"),
		"command_line":      {value: "s.command_line", trigrams: "s.command_line"},
		"current_directory": pathColumn("s.directory_id"),

		"hash":    hashColumns(hashColumn{"d.sha256", 32}, hashColumn{"d.sha1", 20}, hashColumn{"d.md5", 16}),
		"sha256":  hashColumns(hashColumn{"d.sha256", 32}),
		"sha1":    hashColumns(hashColumn{"d.sha1", 20}),
		"md5":     hashColumns(hashColumn{"d.md5", 16}),
		"imphash": hashColumns(hashColumn{"d.imphash", 16}),

		"file_size":          {value: "d.file_size", from: "binary_file", id: "s.binary_id", unsigned: true},
		"original_file_name": binaryColumn("d.original_file_name"),
		"description":        binaryColumn("d.description"),
		"product":            binaryColumn("d.product"),
		"company":            binaryColumn("d.company"),
		"file_version":       binaryColumn("d.file_version"),
		"signer":             binaryColumn("d.signer"),
		"signed":             binaryColumn("d.signed"),
		"architecture":       binaryColumn("d.architecture"),
		"entry_entropy":      binaryColumn("d.entry_entropy"),
		"entry_sha256":       hashColumns(hashColumn{"d.entry_sha256", 32}),
		"compiled":           binaryColumn("d.compiled"),
		"image_mismatch":     flagColumn(flagImageMismatch),
		"missing":            labelColumn("s.missing_id"),
		"prevalence":         {id: "s.binary_id", prevalence: "stations"},
		"runs":               {id: "s.binary_id", prevalence: "runs"},
		"binary_id":          inline("s.binary_id"),
		"parent_binary_id":   inline("s.parent_binary_id"),

		"user":                   accountColumn("d.name", "s.account_id"),
		"user_sid":               accountColumn("d.sid", "s.account_id"),
		"logon_id":               unsigned("s.logon_id"),
		"session":                unsigned32("s.session"),
		"integrity":              {value: "s.integrity", codes: codesOf(integrityCode)},
		"elevation":              {value: "s.elevation", codes: codesOf(elevationCode)},
		"elevated":               knownFlagColumn(flagElevated, flagNotElevated),
		"privileges":             privilegeColumn("d.privileges"),
		"privileges_default":     privilegeColumn("d.privileges_default"),
		"privileges_present":     privilegeColumn("d.privileges_present"),
		"capabilities":           privilegeColumn("d.capabilities"),
		"capabilities_permitted": privilegeColumn("COALESCE(d.capabilities_permitted, d.capabilities)"),
		"container":              labelColumn("s.container_id"),
		"namespaces":             labelColumn("s.namespaces_id"),
		"wow64":                  flagColumn(flagWOW64),
		"protected":              flagColumn(flagProtected),
		"packaged":               flagColumn(flagPackaged),
		"package":                inline("s.package"),
		"app_container":          flagColumn(flagAppContainer),

		"parent_pid":          unsigned32("s.parent_pid"),
		"parent_process_key":  inline("s.parent_key"),
		"parent_process_guid": inline("CASE WHEN " + bySysmon("s.sensor") + " THEN s.parent_key END"),
		"parent_started":      inline("s.parent_started"),
		"parent_image":        pathColumn("s.parent_image_id"),
		"parent_name":         pathNameColumn("s.parent_image_id"),
		"parent_command_line": {value: "d.text", from: "line", id: "s.parent_line_id", rarelyBlank: true, blank: "md5(d.text) = md5('')"},
		"parent_user":         accountColumn("d.name", "s.parent_account_id"),
		"grandparent_image":   pathColumn("s.grandparent_image_id"),
		"creator_pid":         unsigned32("s.creator_pid"),

		"exit_code": unsigned32("t.exit_code"),
		"inferred":  inline("COALESCE(t.inferred, false)"),
	}
	for i, name := range statisticColumns {
		fields[name] = statisticColumn(i)
	}
	for _, name := range append(statisticColumns[:], "stopped", "duration", "exit_code") {
		col := fields[name]
		col.other = true
		fields[name] = col
	}
	return fields
}

// stopFields are the columns of a search for stops: process_stop t, and the
// start s of the same process where it is stored. A stop knows its process, its
// binary, image and account itself.
func stopFields() map[string]column {
	fields := startFields()
	own := func(name string, col column) {
		col.other = false
		col.id = strings.Replace(col.id, "s.", "t.", 1)
		fields[name] = col
	}
	for name, col := range fields {
		switch {
		case col.other: // of a stop, in a search for starts
			own(name, col)
		case col.from == "binary_file", col.prevalence != "", col.id == "s.image_id", col.id == "s.account_id", col.id == "s.station_id", col.id == "s.source_file_id":
			own(name, col)
		default:
			col.other = !strings.HasPrefix(col.value, "COALESCE") // a flag that is not set is false without a start
			fields[name] = col
		}
	}
	const started = "CASE WHEN t.start_known THEN t.started END"
	maps.Copy(fields, map[string]column{
		"time":          inline("t.stopped"),
		"kind":          {value: fmt.Sprintf("%d::smallint", kindCode[event.Stop]), codes: codesOf(kindCode)},
		"station_id":    inline("t.station_id"),
		"sensor":        {value: "NULLIF(t.sensor, 0)", codes: codesOf(sensorCode)},
		"seq":           unsigned("t.seq"),
		"source_record": unsigned("t.source_record"),
		"started":       inline(started),
		"duration":      inline(microsecondsBetween(started, "t.stopped")),
		"running":       inline("false"),
		"pid":           unsigned32("t.pid"),
		"process_key":   inline("t.process_key"),
		"process_guid":  inline("CASE WHEN " + bySysmon("t.sensor") + " THEN t.process_key END"),
		"binary_id":     inline("t.binary_id"),
		"missing":       labelColumn("t.missing_id"),
	})
	return fields
}

// microsecondsBetween is the SQL of a duration; an end before the start gives none.
func microsecondsBetween(from, to string) string {
	return `CASE WHEN ` + to + ` >= ` + from + ` THEN (extract(epoch FROM ` + to + ` - (` + from + `)) * 1000000)::bigint END`
}
