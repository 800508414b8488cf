package history

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// EngineOptions are the limits of one query.
type EngineOptions struct {
	// MaxSamples is how many samples a query may hold in memory at a time.
	MaxSamples int
	Timeout    time.Duration
	// Logger may be nil.
	Logger *slog.Logger
}

// NewEngine returns Prometheus's query engine with `@` and negative offsets enabled, a look-back of 5 minutes, a default
// subquery step of 1 minute, and no experimental features.
func NewEngine(o EngineOptions) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger:                   o.Logger,
		MaxSamples:               o.MaxSamples,
		Timeout:                  o.Timeout,
		ActiveQueryTracker:       make(queryTracker, 2*runtime.NumCPU()),
		LookbackDelta:            5 * time.Minute,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   parser.NewParser(parser.Options{}),
	})
}

// queryTracker limits how many queries run at a time: each takes one place in the channel. Prometheus's own tracker writes
// a file, which a plugin must not do.
type queryTracker chan struct{}

func (t queryTracker) GetMaxConcurrent() int { return cap(t) }

// Insert waits for a free place or until the context ends.
func (t queryTracker) Insert(ctx context.Context, _ string) (int, error) {
	select {
	case t <- struct{}{}:
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (t queryTracker) Delete(int) { <-t }

func (t queryTracker) Close() error { return nil }
