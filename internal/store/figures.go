package store

// The fleet's figures: the totals, and what is not folded into them yet. Each
// statement sees both at one moment, so the sum is exact.

// binaryFiguresSQL is a table of the figures of all binaries. Few have something
// that is not folded: the others are read as they are.
const binaryFiguresSQL = `(
			SELECT p.binary_id, p.stations, p.runs, p.first_seen, p.last_seen
			FROM   binary_total p
			WHERE  NOT EXISTS (SELECT FROM prevalence_delta e WHERE e.binary_id = p.binary_id)
			UNION  ALL
			SELECT p.binary_id, sum(p.stations)::bigint, sum(p.runs)::bigint, min(p.first_seen), max(p.last_seen)
			FROM  (SELECT binary_id, stations, runs, first_seen, last_seen FROM prevalence_delta
			       UNION ALL
			       SELECT t.binary_id, t.stations, t.runs, t.first_seen, t.last_seen FROM binary_total t
			       WHERE  EXISTS (SELECT FROM prevalence_delta e WHERE e.binary_id = t.binary_id)) AS p
			GROUP  BY p.binary_id)`

// figuresOfSQL is the same for the binaries of an array.
func figuresOfSQL(ids string) string {
	return `(
			SELECT p.binary_id, sum(p.stations)::bigint AS stations, sum(p.runs)::bigint AS runs, min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen
			FROM  (SELECT binary_id, stations, runs, first_seen, last_seen FROM binary_total     WHERE binary_id = ANY (` + ids + `)
			       UNION ALL
			       SELECT binary_id, stations, runs, first_seen, last_seen FROM prevalence_delta WHERE binary_id = ANY (` + ids + `)) AS p
			GROUP  BY p.binary_id)`
}

// launchFiguresSQL is a table of the figures of the launches that fit where.
// The parents that are not stored have the number 0 among the deltas.
func launchFiguresSQL(where string) string {
	return `(
			SELECT p.binary_id, p.parent_binary_id, sum(p.stations)::bigint AS stations, sum(p.runs)::bigint AS runs, min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen
			FROM  (SELECT binary_id, parent_binary_id, stations, runs, first_seen, last_seen FROM launch_total WHERE ` + where + `
			       UNION ALL
			       SELECT binary_id, parent_binary_id, launch_stations, runs, first_seen, last_seen FROM prevalence_delta WHERE parent_binary_id <> 0 AND ` + where + `) AS p
			GROUP  BY p.binary_id, p.parent_binary_id)`
}
