package store

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/event"
)

// dictionaries remember the ids of texts and binaries that were stored lately.
// They are caches only: another server on the same database has its own. An id
// learnt in a transaction is remembered once that has committed.
type dictionaries struct {
	accounts   *lru.Cache[account, int64]
	paths      *lru.Cache[string, int64]
	lines      *lru.Cache[string, int64]
	labels     *lru.Cache[string, int64]
	privileges *lru.Cache[privileges, int64]
	binaries   *lru.Cache[string, knownBinary] // key: identity
	parents    *lru.Cache[processRef, *started]
	sightings  *seenCache
	longestRun atomic.Int64 // a time.Duration that longest_run is known not to be below
}

type account struct{ name, sid string }

// processRef names a process in the whole fleet.
type processRef struct {
	station int64
	key     event.Key
}

// The caches hold what a fleet of some thousand stations uses within minutes,
// in about 150 MB at the worst. Longer texts are looked up every time.
const (
	cachedWords   = 50_000
	cachedParents = 50_000
	cachedPairs   = 1 << 18
	longestCached = 512 // bytes
)

func newDictionaries() *dictionaries {
	return &dictionaries{
		accounts:   mustCache[account, int64](cachedWords),
		paths:      mustCache[string, int64](cachedWords),
		lines:      mustCache[string, int64](cachedWords),
		labels:     mustCache[string, int64](cachedWords),
		privileges: mustCache[privileges, int64](cachedWords),
		binaries:   mustCache[string, knownBinary](cachedWords),
		parents:    mustCache[processRef, *started](cachedParents),
		sightings:  newSeenCache(cachedPairs),
	}
}

func mustCache[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return c
}

// words gives ids to the texts of one transaction.
type words struct {
	tx    DB
	cache *dictionaries

	accounts   map[account]int64
	paths      map[string]int64
	lines      map[string]int64
	labels     map[string]int64
	privileges map[privileges]int64
	binaries   map[string]*binary

	learnt []func() // run after the commit
}

func (d *dictionaries) begin(tx DB) *words {
	return &words{
		tx: tx, cache: d,
		accounts: map[account]int64{}, paths: map[string]int64{}, lines: map[string]int64{}, labels: map[string]int64{},
		privileges: map[privileges]int64{}, binaries: map[string]*binary{},
	}
}

// committed makes what was learnt known to later transactions.
func (w *words) committed() {
	for _, f := range w.learnt {
		f()
	}
}

func (w *words) wantAccount(name, sid string) {
	if name != "" || sid != "" {
		w.accounts[account{name, sid}] = 0
	}
}

func (w *words) wantPath(text string) {
	if text != "" {
		w.paths[text] = 0
	}
}

func (w *words) wantLine(text string) {
	if text != "" {
		w.lines[text] = 0
	}
}

func (w *words) wantLabel(text string) {
	if text != "" {
		w.labels[text] = 0
	}
}

// path and account return the id of a resolved word, 0 for none.
func (w *words) path(text string) int64 {
	if text == "" {
		return 0
	}
	return w.paths[text]
}

func (w *words) account(name, sid string) int64 {
	if name == "" && sid == "" {
		return 0
	}
	return w.accounts[account{name, sid}]
}

// resolve gives every wanted word its id. New words are inserted in sorted
// order, table after table in the same order everywhere, so that two servers
// that meet the same new words wait for each other and never deadlock.
func (w *words) resolve(ctx context.Context) error {
	if err := w.resolveAccounts(ctx); err != nil {
		return err
	}
	if err := w.resolveTexts(ctx, "path", w.paths, w.cache.paths); err != nil {
		return err
	}
	if err := w.resolveTexts(ctx, "line", w.lines, w.cache.lines); err != nil {
		return err
	}
	if err := w.resolveTexts(ctx, "label", w.labels, w.cache.labels); err != nil {
		return err
	}
	if err := w.resolvePrivileges(ctx); err != nil {
		return err
	}
	return w.resolveBinaries(ctx)
}

// resolveTexts works on table path, line or label, which have the same shape.
func (w *words) resolveTexts(ctx context.Context, table string, ids map[string]int64, cache *lru.Cache[string, int64]) error {
	var missing []string
	for text := range ids {
		if id, ok := cache.Get(text); ok {
			ids[text] = id
		} else {
			missing = append(missing, text)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	// The second SELECT sees what the first saw; rows that another transaction
	// inserted in between are found by the look-up after it.
	// LIMIT makes it one probe of the index for each: a join would read the whole
	// table as long as nobody has counted its rows.
	look := `
		SELECT known.id, t
		FROM   unnest($1::text[]) t
		CROSS  JOIN LATERAL (SELECT id FROM ` + table + ` WHERE md5(text) = md5(t) LIMIT 1) AS known`
	add := `INSERT INTO ` + table + ` (text) SELECT t FROM unnest($1::text[]) t ORDER BY t COLLATE "C" ON CONFLICT DO NOTHING RETURNING id, text`
	for _, sql := range []string{look, add, look} {
		rows, err := w.tx.Query(ctx, sql, missing)
		if err != nil {
			return fmt.Errorf("look up %d texts in %s: %w", len(missing), table, err)
		}
		for rows.Next() {
			var id int64
			var text string
			if err := rows.Scan(&id, &text); err != nil {
				rows.Close()
				return fmt.Errorf("read %s: %w", table, err)
			}
			ids[text] = id
			if len(text) <= longestCached {
				w.learnt = append(w.learnt, func() { cache.Add(text, id) })
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("look up %d texts in %s: %w", len(missing), table, err)
		}
		missing = slices.DeleteFunc(missing, func(t string) bool { return ids[t] != 0 })
		if len(missing) == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s: %d texts have no id after they were added", table, len(missing))
}

func (w *words) resolveAccounts(ctx context.Context) error {
	var missing []account
	for a := range w.accounts {
		if id, ok := w.cache.accounts.Get(a); ok {
			w.accounts[a] = id
		} else {
			missing = append(missing, a)
		}
	}
	slices.SortFunc(missing, func(a, b account) int {
		if a.name != b.name {
			if a.name < b.name {
				return -1
			}
			return 1
		}
		if a.sid < b.sid {
			return -1
		}
		return 1
	})
	const look = `
		SELECT known.id, w.name, w.sid
		FROM   unnest($1::text[], $2::text[]) AS w (name, sid)
		CROSS  JOIN LATERAL (SELECT id FROM account WHERE md5(name || E'\n' || sid) = md5(w.name || E'\n' || w.sid) LIMIT 1) AS known`
	const add = `
		INSERT INTO account (name, sid)
		SELECT name, sid FROM unnest($1::text[], $2::text[]) AS w (name, sid) ORDER BY name COLLATE "C", sid COLLATE "C"
		ON CONFLICT DO NOTHING
		RETURNING id, name, sid`
	for _, sql := range []string{look, add, look} {
		if len(missing) == 0 {
			return nil
		}
		names, sids := make([]string, len(missing)), make([]string, len(missing))
		for i, a := range missing {
			names[i], sids[i] = a.name, a.sid
		}
		rows, err := w.tx.Query(ctx, sql, names, sids)
		if err != nil {
			return fmt.Errorf("look up accounts: %w", err)
		}
		for rows.Next() {
			var id int64
			var a account
			if err := rows.Scan(&id, &a.name, &a.sid); err != nil {
				rows.Close()
				return fmt.Errorf("read account: %w", err)
			}
			w.accounts[a] = id
			w.learnt = append(w.learnt, func() { w.cache.accounts.Add(a, id) })
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("look up accounts: %w", err)
		}
		missing = slices.DeleteFunc(missing, func(a account) bool { return w.accounts[a] != 0 })
	}
	if len(missing) > 0 {
		return fmt.Errorf("account: %d accounts have no id after they were added", len(missing))
	}
	return nil
}
