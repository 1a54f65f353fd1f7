package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// binary is an executable file's content as one transaction has met it.
type binary struct {
	id           int64
	identity     string // raw bytes
	identifiedBy string
	facts        binaryFacts
}

// binaryFacts are what a source may say of a binary; "" and nil mean not said.
type binaryFacts struct {
	sha256, sha1, md5, imphash                                       string // hexadecimal
	size                                                             uint64
	name                                                             string
	originalFileName, description, product, company, version, signer string
	signed                                                           *bool
	architecture                                                     string
	entropy                                                          *float64 // of the code at the entry point
	entry                                                            string   // hexadecimal SHA-256 of it
	compiled                                                         time.Time
}

// knownBinary is what is remembered of a stored binary: which facts it has, so
// that an event which tells nothing new causes no write.
type knownBinary struct {
	id   int64
	told uint16 // bit i: fact i of binaryFacts.told is stored
}

// told says which facts are present, a bit each.
func (f *binaryFacts) told() (bits uint16) {
	for i, present := range [...]bool{
		f.sha256 != "", f.sha1 != "", f.md5 != "", f.imphash != "", f.size != 0, f.originalFileName != "",
		f.description != "", f.product != "", f.company != "", f.version != "", f.signer != "", f.signed != nil,
		f.architecture != "", f.entropy != nil, f.entry != "", !f.compiled.IsZero(),
	} {
		if present {
			bits |= 1 << i
		}
	}
	return bits
}

// add takes over from g what f does not have.
func (f *binaryFacts) add(g *binaryFacts) {
	for _, p := range [...]struct {
		to   *string
		from string
	}{
		{&f.sha256, g.sha256}, {&f.sha1, g.sha1}, {&f.md5, g.md5}, {&f.imphash, g.imphash},
		{&f.originalFileName, g.originalFileName}, {&f.description, g.description}, {&f.product, g.product},
		{&f.company, g.company}, {&f.version, g.version}, {&f.signer, g.signer}, {&f.architecture, g.architecture}, {&f.entry, g.entry},
	} {
		if *p.to == "" {
			*p.to = p.from
		}
	}
	if f.size == 0 {
		f.size = g.size
	}
	if f.signed == nil {
		f.signed = g.signed
	}
	if f.entropy == nil {
		f.entropy = g.entropy
	}
	if f.compiled.IsZero() {
		f.compiled = g.compiled
	}
}

// identify returns the identity of the binary that an event speaks of: its
// SHA-256; else another hash; else, for a source without hashes, its path.
func identify(p *event.Process) (identity, by string) {
	for _, h := range [...]struct{ by, prefix, hash string }{
		{"sha256", "", p.SHA256}, {"sha1", "1", p.SHA1}, {"md5", "5", p.MD5},
	} {
		if raw, err := hex.DecodeString(h.hash); err == nil && len(raw) > 0 {
			return h.prefix + string(raw), h.by
		}
	}
	sum := sha256.Sum256([]byte(strings.ToLower(p.Image)))
	return "p" + string(sum[:16]), "path"
}

// wantBinary notes the binary of a start and returns it; its id is set by resolve.
func (w *words) wantBinary(p *event.Process) *binary {
	identity, by := identify(p)
	facts := binaryFacts{
		sha256: p.SHA256, sha1: p.SHA1, md5: p.MD5, imphash: p.IMPHASH, size: p.FileSize, name: baseName(p.Image),
		originalFileName: p.OriginalFileName, description: p.Description, product: p.Product, company: p.Company,
		version: p.FileVersion, signer: p.Signer, signed: p.Signed,
		architecture: p.Architecture, entropy: p.EntropyEntry, entry: p.EntrySHA256, compiled: p.Compiled,
	}
	b := w.binaries[identity]
	if b == nil {
		b = &binary{identity: identity, identifiedBy: by, facts: facts}
		w.binaries[identity] = b
		return b
	}
	b.facts.add(&facts)
	return b
}

// baseName returns the last part of a Windows or Unix path.
func baseName(path string) string {
	return path[strings.LastIndexAny(path, `\/`)+1:]
}

func (w *words) resolveBinaries(ctx context.Context) error {
	var missing, richer []*binary
	for identity, b := range w.binaries {
		known, ok := w.cache.binaries.Get(identity)
		switch {
		case !ok:
			missing = append(missing, b)
		case b.facts.told()&^known.told != 0:
			b.id = known.id
			richer = append(richer, b)
		default:
			b.id = known.id
		}
	}
	sortBinaries(missing)
	for i := 0; len(missing) > 0; i++ {
		var err error
		switch i {
		case 0, 2:
			err = w.lookUpBinaries(ctx, missing, &richer)
		case 1:
			err = w.insertBinaries(ctx, missing)
		default:
			return fmt.Errorf("binary_file: %d binaries have no id after they were added", len(missing))
		}
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(b *binary) bool { return b.id != 0 })
	}
	return w.enrichBinaries(ctx, richer)
}

func sortBinaries(list []*binary) {
	slices.SortFunc(list, func(a, b *binary) int { return strings.Compare(a.identity, b.identity) })
}

func (w *words) lookUpBinaries(ctx context.Context, wanted []*binary, richer *[]*binary) error {
	identities := make([][]byte, len(wanted))
	for i, b := range wanted {
		identities[i] = []byte(b.identity)
	}
	// Column i of told is fact i of binaryFacts.told.
	rows, err := w.tx.Query(ctx, `
		SELECT id, identity,
		       (sha256 IS NOT NULL)::int | (sha1 IS NOT NULL)::int << 1 | (md5 IS NOT NULL)::int << 2 | (imphash IS NOT NULL)::int << 3
		       | (file_size IS NOT NULL)::int << 4 | (original_file_name <> '')::int << 5 | (description <> '')::int << 6
		       | (product <> '')::int << 7 | (company <> '')::int << 8 | (file_version <> '')::int << 9
		       | (signer <> '')::int << 10 | (signed IS NOT NULL)::int << 11 | (architecture <> '')::int << 12
		       | (entry_entropy IS NOT NULL)::int << 13 | (entry_sha256 IS NOT NULL)::int << 14 | (compiled IS NOT NULL)::int << 15
		FROM   binary_file
		WHERE  identity = ANY ($1)`, identities)
	if err != nil {
		return fmt.Errorf("look up binaries: %w", err)
	}
	var id int64
	var identity []byte
	var told int32
	_, err = pgx.ForEachRow(rows, []any{&id, &identity, &told}, func() error {
		b := w.binaries[string(identity)]
		b.id = id
		if b.facts.told()&^uint16(told) != 0 {
			*richer = append(*richer, b)
		}
		w.learnBinary(b, uint16(told))
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up binaries: %w", err)
	}
	return nil
}

func (w *words) learnBinary(b *binary, told uint16) {
	known := knownBinary{id: b.id, told: told | b.facts.told()}
	w.learnt = append(w.learnt, func() { w.cache.binaries.Add(b.identity, known) })
}

func (w *words) insertBinaries(ctx context.Context, list []*binary) error {
	rows, err := w.tx.Query(ctx, `
		INSERT INTO binary_file (identity, identified_by, name, `+binaryFactColumns+`)
		SELECT identity, identified_by, name, `+binaryFactColumns+`
		FROM   `+binaryFactRows+`
		ORDER  BY identity
		ON CONFLICT DO NOTHING
		RETURNING id, identity`, binaryArgs(list))
	if err != nil {
		return fmt.Errorf("add binaries: %w", err)
	}
	var id int64
	var identity []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &identity}, func() error {
		b := w.binaries[string(identity)]
		b.id = id
		w.learnBinary(b, 0)
		return nil
	})
	if err != nil {
		return fmt.Errorf("add binaries: %w", err)
	}
	return nil
}

// enrichBinaries fills in facts that were not known. What is stored stays: the
// content is the same, so is what an honest source says of it.
func (w *words) enrichBinaries(ctx context.Context, list []*binary) error {
	if len(list) == 0 {
		return nil
	}
	sortBinaries(list)
	list = slices.CompactFunc(list, func(a, b *binary) bool { return bytes.Equal([]byte(a.identity), []byte(b.identity)) })
	_, err := w.tx.Exec(ctx, `
		WITH told AS (SELECT * FROM `+binaryFactRows+`),
		locked AS (SELECT id FROM binary_file WHERE identity IN (SELECT identity FROM told) ORDER BY identity FOR UPDATE)
		UPDATE binary_file b
		SET    sha256 = COALESCE(b.sha256, told.sha256), sha1 = COALESCE(b.sha1, told.sha1), md5 = COALESCE(b.md5, told.md5),
		       imphash = COALESCE(b.imphash, told.imphash), file_size = COALESCE(b.file_size, told.file_size),
		       original_file_name = COALESCE(NULLIF(b.original_file_name, ''), told.original_file_name),
		       description = COALESCE(NULLIF(b.description, ''), told.description),
		       product = COALESCE(NULLIF(b.product, ''), told.product),
		       company = COALESCE(NULLIF(b.company, ''), told.company),
		       file_version = COALESCE(NULLIF(b.file_version, ''), told.file_version),
		       signer = COALESCE(NULLIF(b.signer, ''), told.signer),
		       signed = COALESCE(b.signed, told.signed),
		       architecture = COALESCE(NULLIF(b.architecture, ''), told.architecture),
		       entry_entropy = COALESCE(b.entry_entropy, told.entry_entropy),
		       entry_sha256 = COALESCE(b.entry_sha256, told.entry_sha256),
		       compiled = COALESCE(b.compiled, told.compiled)
		FROM   told, locked
		WHERE  b.identity = told.identity AND locked.id = b.id`, binaryArgs(list))
	if err != nil {
		return fmt.Errorf("add facts of binaries: %w", err)
	}
	for _, b := range list {
		known, _ := w.cache.binaries.Get(b.identity)
		w.learnBinary(b, known.told)
	}
	return nil
}

const binaryFactColumns = `sha256, sha1, md5, imphash, file_size, original_file_name, description, product, company, file_version, signer, signed,
		architecture, entry_entropy, entry_sha256, compiled`

const binaryFactRows = `unnest(@identity::bytea[], @by::text[], @name::text[], @sha256::bytea[], @sha1::bytea[], @md5::bytea[], @imphash::bytea[],
		@size::bigint[], @original::text[], @description::text[], @product::text[], @company::text[], @version::text[], @signer::text[], @signed::boolean[],
		@architecture::text[], @entropy::smallint[], @entry::bytea[], @compiled::timestamptz[])
		AS t (identity, identified_by, name, ` + binaryFactColumns + `)`

func binaryArgs(list []*binary) pgx.NamedArgs {
	n := len(list)
	var (
		identity, sha256s, sha1s, md5s, imphashes = make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)
		by, name, original, description           = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		product, company, version, signer         = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		size                                      = make([]*int64, n)
		signed                                    = make([]*bool, n)
		architecture, entropy                     = make([]string, n), make([]*int16, n)
		entry, compiled                           = make([][]byte, n), make([]*time.Time, n)
	)
	for i, b := range list {
		f := &b.facts
		identity[i], by[i], name[i] = []byte(b.identity), b.identifiedBy, f.name
		sha256s[i], sha1s[i], md5s[i], imphashes[i] = unhex(f.sha256), unhex(f.sha1), unhex(f.md5), unhex(f.imphash)
		original[i], description[i], product[i], company[i] = f.originalFileName, f.description, f.product, f.company
		version[i], signer[i], signed[i] = f.version, f.signer, f.signed
		if f.size != 0 {
			s := int64(f.size)
			size[i] = &s
		}
		architecture[i], entry[i] = f.architecture, unhex(f.entry)
		if f.entropy != nil {
			hundredths := int16(math.Round(*f.entropy * 100))
			entropy[i] = &hundredths
		}
		if !f.compiled.IsZero() {
			compiled[i] = &f.compiled
		}
	}
	return pgx.NamedArgs{
		"identity": identity, "by": by, "name": name, "sha256": sha256s, "sha1": sha1s, "md5": md5s, "imphash": imphashes, "size": size,
		"original": original, "description": description, "product": product, "company": company, "version": version, "signer": signer, "signed": signed,
		"architecture": architecture, "entropy": entropy, "entry": entry, "compiled": compiled,
	}
}

// unhex returns the bytes of a checked hash, nil for none.
func unhex(s string) []byte {
	if s == "" {
		return nil
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return nil // event.Process.Check has refused it before
	}
	return raw
}
