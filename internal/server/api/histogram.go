package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
)

// Bucket is a span of a histogram.
type Bucket struct {
	Start time.Time `json:"start"`
	Count int64     `json:"count"`
}

type histogramOutput struct {
	Body struct {
		From          *time.Time `json:"from,omitempty"`
		To            *time.Time `json:"to,omitempty"`
		BucketSeconds int64      `json:"bucket_seconds"`
		Buckets       []Bucket   `json:"buckets"`
		Complete      bool       `json:"complete" doc:"false: the time was up; the older buckets are too low"`
		Coverage      *Coverage  `json:"coverage,omitempty" doc:"of events"`
	}
}

// histogramSource counts things over time.
type histogramSource struct {
	// bounds tells when the first and the last of them was; ok is false where
	// there are none.
	bounds func() (oldest, newest time.Time, ok bool, err error)
	count  func(from, to time.Time) (*store.Histogram, error)
}

// histogramOf answers with what a source counts in a span. An end that is zero
// is that of what there is.
func histogramOf(from, to time.Time, source histogramSource) (*histogramOutput, error) {
	out := &histogramOutput{}
	b := &out.Body
	b.Buckets, b.Complete = []Bucket{}, true
	if from.IsZero() || to.IsZero() {
		oldest, newest, ok, err := source.bounds()
		if err != nil || !ok {
			return out, err
		}
		if from.IsZero() {
			from = oldest.Truncate(time.Second)
		}
		if to.IsZero() {
			to = newest.Truncate(time.Second).Add(time.Second)
		}
		if !from.Before(to) {
			return out, nil
		}
	}
	h, err := source.count(from, to)
	if err != nil {
		return nil, err
	}
	b.From, b.To, b.BucketSeconds, b.Complete = &from, &to, int64(h.Width.Seconds()), h.Complete
	for i, n := range h.Counts {
		if start := h.From.Add(time.Duration(i) * h.Width); start.Before(to) {
			b.Buckets = append(b.Buckets, Bucket{start, n})
		}
	}
	return out, nil
}

type histogramInput struct {
	SearchInput
	Buckets int `query:"buckets" minimum:"1" maximum:"500" default:"96"`
}

// histogramBudget is short: the picture goes with a list that is there already.
const histogramBudget = 3 * time.Second

func (a *API) histogram(ctx context.Context, in *histogramInput) (*histogramOutput, error) {
	search, err := in.search(a.Now())
	if err != nil {
		return nil, err
	}
	search.Budget = histogramBudget
	var out *histogramOutput
	coverage, err := a.coveredSearch(ctx, search, func(ctx context.Context) (err error) {
		out, err = histogramOf(search.From, search.To, histogramSource{
			bounds: func() (time.Time, time.Time, bool, error) { return a.Store.Bounds(ctx) },
			count: func(from, to time.Time) (*store.Histogram, error) {
				search.From, search.To = from, to
				return a.Store.CountOverTime(ctx, search, in.Buckets)
			},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Body.Coverage = &coverage
	return out, nil
}

type binaryHistogramInput struct {
	Q       string    `query:"q" maxLength:"16384" doc:"filter by the fields of binaries"`
	From    time.Time `query:"from" doc:"absent: when the first binary of the filter was first seen"`
	To      time.Time `query:"to" doc:"exclusive; absent: when the last one was"`
	Buckets int       `query:"buckets" minimum:"1" maximum:"500" default:"96" doc:"at most"`
}

func (a *API) getBinaryHistogram(ctx context.Context, in *binaryHistogramInput) (*histogramOutput, error) {
	q, err := query.ParseBinaries(in.Q, a.Now())
	if err != nil {
		return nil, err
	}
	if err := checkRange(in.From, in.To); err != nil {
		return nil, err
	}
	return histogramOf(in.From.UTC(), in.To.UTC(), histogramSource{
		bounds: func() (time.Time, time.Time, bool, error) { return a.Store.BinaryBounds(ctx, q) },
		count: func(from, to time.Time) (*store.Histogram, error) {
			return a.Store.CountBinariesOverTime(ctx, q, from, to, in.Buckets)
		},
	})
}

// checkRange refuses a range that ends before it begins; an end that is zero is
// not known yet.
func checkRange(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return fault.Invalidf("the time range ends at %s, before it begins at %s", to.Format(time.RFC3339), from.Format(time.RFC3339)).Coded("range_backwards", "to_time", "from_time")
	}
	return nil
}
