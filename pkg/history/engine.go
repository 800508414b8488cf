package history

import (
	"log/slog"
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

// Lookback is how old the last sample of a series may be for an instant vector.
const Lookback = 5 * time.Minute

// NewEngine returns Prometheus's query engine with `@` and negative offsets enabled, a lookback of 5 minutes, a default
// subquery step of 1 minute, and no experimental features. It does not limit how many queries run at a time.
func NewEngine(o EngineOptions) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger:                   o.Logger,
		MaxSamples:               o.MaxSamples,
		Timeout:                  o.Timeout,
		LookbackDelta:            Lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   parser.NewParser(parser.Options{}),
	})
}
