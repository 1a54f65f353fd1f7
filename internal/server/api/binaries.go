package api

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// Binary is an executable file's content, and what the fleet knows of it.
type Binary struct {
	ID               int64      `json:"id"`
	Name             string     `json:"name" doc:"the file name it was first seen under"`
	SHA256           string     `json:"sha256,omitempty"`
	SHA1             string     `json:"sha1,omitempty"`
	MD5              string     `json:"md5,omitempty"`
	IMPHASH          string     `json:"imphash,omitempty"`
	IdentifiedBy     string     `json:"identified_by" enum:"sha256,sha1,md5,path" doc:"path: no hash is known"`
	FileSize         uint64     `json:"file_size,omitempty"`
	OriginalFileName string     `json:"original_file_name,omitempty"`
	Description      string     `json:"description,omitempty"`
	Product          string     `json:"product,omitempty"`
	Company          string     `json:"company,omitempty"`
	FileVersion      string     `json:"file_version,omitempty"`
	Signer           string     `json:"signer,omitempty"`
	Signed           *bool      `json:"signed,omitempty"`
	Architecture     string     `json:"architecture,omitempty" doc:"of the processor that it is made for"`
	EntropyEntry     *float64   `json:"entry_entropy,omitempty" doc:"of the code at the entry point, in bits per byte"`
	EntrySHA256      string     `json:"entry_sha256,omitempty" doc:"of that code"`
	Compiled         *time.Time `json:"compiled,omitempty" doc:"when it was made, as its header claims"`
	Stations         int64      `json:"stations" doc:"that have run it"`
	Runs             int64      `json:"runs"`
	FirstSeen        time.Time  `json:"first_seen"`
	LastSeen         time.Time  `json:"last_seen"`
	Paths            []string   `json:"paths" doc:"where it lay: up to 3 in a list, up to 50 alone"`
	MorePaths        int64      `json:"more_paths,omitempty" doc:"that are not among them, counted up to 1000"`
	FirstSeenHere    *time.Time `json:"first_seen_here,omitempty" doc:"in a list of one station's binaries"`
}

func binaryJSON(b *store.Binary) Binary {
	j := Binary{
		ID: b.ID, Name: b.Name, SHA256: b.SHA256, SHA1: b.SHA1, MD5: b.MD5, IMPHASH: b.IMPHASH, IdentifiedBy: b.IdentifiedBy, FileSize: b.FileSize,
		OriginalFileName: b.OriginalFileName, Description: b.Description, Product: b.Product, Company: b.Company, FileVersion: b.FileVersion,
		Signer: b.Signer, Signed: b.Signed, Architecture: b.Architecture, EntropyEntry: b.EntropyEntry, EntrySHA256: b.EntrySHA256, Compiled: b.Compiled,
		Stations: b.Stations, Runs: b.Runs, FirstSeen: b.FirstSeen, LastSeen: b.LastSeen,
		Paths: b.Paths, MorePaths: b.MorePaths,
	}
	if !b.FirstSeenHere.IsZero() {
		j.FirstSeenHere = &b.FirstSeenHere
	}
	return j
}

func binariesJSON(list []store.Binary) []Binary {
	all := make([]Binary, len(list))
	for i := range list {
		all[i] = binaryJSON(&list[i])
	}
	return all
}

// PartInput is what a list takes that goes on by cursor.
type PartInput struct {
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// MostInput is what a list takes that does not go on.
type MostInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// FindBinariesInput chooses binaries and their order.
type FindBinariesInput struct {
	Q     string `query:"q" maxLength:"16384" doc:"filter by the fields of binaries, as in prevalence:1 first_seen:>-24h -signed:true"`
	Sort  string `query:"sort" enum:"first_seen,last_seen,stations,runs,name" default:"first_seen"`
	Order string `query:"order" enum:"desc,asc" default:"desc"`
}

// list returns what the input asks of the store.
func (in *FindBinariesInput) list(now time.Time) (store.BinaryList, error) {
	q, err := query.ParseBinaries(in.Q, now)
	return store.BinaryList{Query: q, Sort: in.Sort, Descending: in.Order == "desc"}, err
}

type listBinariesInput struct {
	FindBinariesInput
	PartInput
}

type binariesOutput struct {
	Body struct {
		Binaries []Binary `json:"binaries"`
		Next     string   `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
		Newest   int64    `json:"newest,omitempty" doc:"the highest number that a binary has yet: binary_id:> and it finds what has come since. Not in a list of one station's binaries"`
	}
}

func (a *API) listBinaries(ctx context.Context, in *listBinariesInput) (*binariesOutput, error) {
	l, err := in.list(a.Now())
	if err != nil {
		return nil, err
	}
	l.Cursor, l.Limit = in.Cursor, in.Limit
	// Read first: what comes meanwhile counts as new, and is not missed.
	newest, err := a.Store.NewestBinary(ctx)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.Binaries(ctx, l)
	if err != nil {
		return nil, err
	}
	out := &binariesOutput{}
	out.Body.Binaries, out.Body.Next, out.Body.Newest = binariesJSON(list), next, newest
	return out, nil
}

type countBinariesInput struct {
	Q string `query:"q" maxLength:"16384"`
}

type binaryCountOutput struct {
	Body struct {
		Count   int64 `json:"count"`
		AtLeast bool  `json:"at_least" doc:"counting stopped at 10000"`
	}
}

func (a *API) countBinaries(ctx context.Context, in *countBinariesInput) (*binaryCountOutput, error) {
	q, err := query.ParseBinaries(in.Q, a.Now())
	if err != nil {
		return nil, err
	}
	out := &binaryCountOutput{}
	out.Body.Count, out.Body.AtLeast, err = a.Store.CountBinaries(ctx, q, exactCount)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// BinaryInput names a binary.
type BinaryInput struct {
	ID string `path:"id" maxLength:"64" doc:"its number, or its whole SHA-256, SHA-1 or MD5 in hexadecimal"`
}

// binaryID returns the number of the binary that a request names. A hash is told
// from a number by its length.
func (a *API) binaryID(ctx context.Context, in *BinaryInput) (int64, error) {
	switch len(in.ID) {
	case 64, 40, 32:
		if hash, err := hex.DecodeString(in.ID); err == nil {
			return a.Store.BinaryByHash(ctx, hash)
		}
	}
	id, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.NotFoundf("%q names no binary; write its number, or a whole SHA-256, SHA-1 or MD5", in.ID).Coded("binary_name", "name")
	}
	return id, nil
}

type binaryOutput struct {
	Body Binary
}

func (a *API) getBinary(ctx context.Context, in *BinaryInput) (*binaryOutput, error) {
	id, err := a.binaryID(ctx, in)
	if err != nil {
		return nil, err
	}
	b, err := a.Store.Binary(ctx, id)
	if err != nil {
		return nil, err
	}
	return &binaryOutput{Body: binaryJSON(b)}, nil
}

// BinaryStation is a station that has run a binary.
type BinaryStation struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Origin    string    `json:"origin" enum:"live,imported"`
	FirstSeen time.Time `json:"first_seen" doc:"when the binary was first seen there"`
	Users     int64     `json:"users" doc:"that have run it there"`
}

type binaryStationsInput struct {
	BinaryInput
	PartInput
}

type binaryStationsOutput struct {
	Body struct {
		Stations []BinaryStation `json:"stations" doc:"those first that ran it first"`
		Next     string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listBinaryStations(ctx context.Context, in *binaryStationsInput) (*binaryStationsOutput, error) {
	id, err := a.binaryID(ctx, &in.BinaryInput)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.BinaryStations(ctx, id, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &binaryStationsOutput{}
	out.Body.Stations, out.Body.Next = make([]BinaryStation, len(list)), next
	for i, s := range list {
		out.Body.Stations[i] = BinaryStation{ID: s.ID, Name: s.Name, Origin: s.Origin, FirstSeen: s.FirstSeen, Users: s.Users}
	}
	return out, nil
}

type binaryMostInput struct {
	BinaryInput
	MostInput
}

// BinaryUser is an account that has run a binary.
type BinaryUser struct {
	User      string    `json:"user" doc:"DOMAIN\\name"`
	UserSID   string    `json:"user_sid,omitempty"`
	Stations  int64     `json:"stations" doc:"on which it ran the binary"`
	FirstSeen time.Time `json:"first_seen"`
}

type binaryUsersOutput struct {
	Body struct {
		Users []BinaryUser `json:"users" doc:"those on most stations first"`
		More  bool         `json:"more"`
	}
}

func (a *API) listBinaryUsers(ctx context.Context, in *binaryMostInput) (*binaryUsersOutput, error) {
	id, err := a.binaryID(ctx, &in.BinaryInput)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Store.BinaryUsers(ctx, id, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &binaryUsersOutput{}
	out.Body.Users, out.Body.More = make([]BinaryUser, len(list)), more
	for i, u := range list {
		out.Body.Users[i] = BinaryUser{User: u.User, UserSID: u.UserSID, Stations: u.Count, FirstSeen: u.FirstSeen.UTC()}
	}
	return out, nil
}

// Launch is a binary that has started another, or was started by it.
type Launch struct {
	Binary    Binary    `json:"binary"`
	Stations  int64     `json:"stations" doc:"on which the one has started the other"`
	Runs      int64     `json:"runs" doc:"how often it has"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

type launchesOutput struct {
	Body struct {
		Launches []Launch `json:"launches" doc:"most runs first"`
		More     bool     `json:"more"`
	}
}

func (a *API) listParents(ctx context.Context, in *binaryMostInput) (*launchesOutput, error) {
	return a.launches(ctx, in, a.Store.Parents)
}

func (a *API) listChildren(ctx context.Context, in *binaryMostInput) (*launchesOutput, error) {
	return a.launches(ctx, in, a.Store.Children)
}

func (a *API) launches(ctx context.Context, in *binaryMostInput, of func(context.Context, int64, int) ([]store.Launch, bool, error)) (*launchesOutput, error) {
	id, err := a.binaryID(ctx, &in.BinaryInput)
	if err != nil {
		return nil, err
	}
	list, more, err := of(ctx, id, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &launchesOutput{}
	out.Body.Launches, out.Body.More = make([]Launch, len(list)), more
	for i := range list {
		l := &list[i]
		out.Body.Launches[i] = Launch{Binary: binaryJSON(&l.Binary), Stations: l.Stations, Runs: l.Runs, FirstSeen: l.FirstSeen, LastSeen: l.LastSeen}
	}
	return out, nil
}
