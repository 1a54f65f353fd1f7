package server

import (
	"context"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/demo"
)

// loadDemo stores the demo recording, unless a part of it is there already: on
// a second start it must not appear again at another time.
func (s *server) loadDemo(ctx context.Context) error {
	for _, name := range demo.Stations() {
		there, err := s.db.HasImportedStation(ctx, name)
		if err != nil || there {
			return err
		}
	}
	events := demo.Events(time.Now())
	res, err := s.ingest.Import(ctx, events)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("load the demo: %w", err)
	}
	s.cfg.Log.Info("demo loaded", "events", res.Added, "stations", len(res.Stations))
	return nil
}
