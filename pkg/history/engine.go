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

// NewEngine returns Prometheus's query engine with `@` and negative offsets enabled, a lookback of 5 minutes, a default
// subquery step of 1 minute, and no experimental features. It does not limit how many queries run at a time.
func NewEngine(o EngineOptions) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger:                   o.Logger,
		MaxSamples:               o.MaxSamples,
		Timeout:                  o.Timeout,
		LookbackDelta:            5 * time.Minute,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   parser.NewParser(parser.Options{}),
	})
}
