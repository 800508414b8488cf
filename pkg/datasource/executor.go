package datasource

import (
	"context"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// executor answers expressions, and knows the targets that they are about. There are two: embedded.go scrapes and
// evaluates here, stored.go asks a Prometheus-compatible store. Whatever it gives calls Falcos `cluster` and `node`.
// All of it may be used concurrently.
type executor interface {
	// ready says that somebody asks, and waits for what is not known yet, but no longer than patience: what is missing
	// then is told in notices. The error says why nothing can be asked at all.
	ready(ctx context.Context, patience time.Duration) error
	release()
	// targets are all that are known now; not to be changed.
	targets() []scrape.Status
	// outdated is since when nothing could be found out about the targets, and why; zero where they are those of now.
	outdated() (since time.Time, why string)
	// catalogue is the catalogue as it holds with what this executor has.
	catalogue(c *signals.Catalogue) *signals.Catalogue
	// evaluate answers an expression. Errors are those of the engine, to be put into words by explain, or are in words.
	evaluate(ctx context.Context, e evaluation) (answer, error)
	// querier gives the samples, and the labels, between two times (unix milliseconds) as they were scraped. Its
	// LabelValues are those of series with a sample in between.
	querier(from, to int64) (storage.Querier, error)
	// firstUp is when nodes were first seen to answer between two times; unix milliseconds. Nodes outside of the scope
	// may be missing.
	firstUp(ctx context.Context, s scope, from, to time.Time) (map[node]int64, error)
	// present are the nodes that are scraped at a time, if that is known without asking; else nil.
	present(at time.Time) map[node]bool
	// since is when the history begins; zero where that is not known, or where it has not begun.
	since() time.Time
	// trimmed is whether it begins there because no more of it fits.
	trimmed() bool
	// rewritten is an expression of the catalogue as it is evaluated.
	rewritten(expr string) (string, error)
	// written is what a label of the frames is called in PromQL written by hand.
	written(label string) string
	// holds is whether there is anything of a metric now, whoever it is from.
	holds(ctx context.Context, metric string) bool
	// check is what the health check says besides what it says of the targets; asked when all is ready. The error says why
	// nothing can be asked.
	check(ctx context.Context) (checkup, error)
	words() words
}

// evaluation is an expression at an instant, whose step is 0, or over a range. Times are unix milliseconds.
type evaluation struct {
	expr       string
	start, end int64
	step       time.Duration
	// byHand is whether a user wrote it: then its labels are those of the samples, and stay.
	byHand bool
}

// answer is the value of an expression, which must not be changed.
type answer struct {
	value parser.Value
	// executed is the expression as it was evaluated.
	executed string
	// notices are what the executor has to say of the value: that it is partial, for example.
	notices []data.Notice
	// free gives the memory of the value back; may be nil.
	free func()
}

// checkup is an executor's part of the health check.
type checkup struct {
	// lead begins the message, remarks end it; failed is whether any of them makes figures wrong.
	lead    string
	remarks []string
	failed  bool
}

// words are what is said differently of the two executors.
type words struct {
	// nobody is why there is no target at all.
	nobody string
	// missingKind is what to do where there is no target of a kind, %s; targetSetting where a setting of targets, %s, is.
	missingKind, targetSetting string
}
