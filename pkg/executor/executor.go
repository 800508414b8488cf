// Package executor evaluates expressions. Embedded scrapes targets and uses Prometheus's engine on its own history;
// Prometheus queries a Prometheus-compatible server.
package executor

import (
	"context"
	"errors"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Executor evaluates expressions and knows the targets that they are about. Its results label Falcos with `cluster` and
// `node`. All methods may be called concurrently.
type Executor interface {
	// ready says that somebody asks, and waits for what is not known yet, but no longer than patience: what is missing
	// then is told in notices. The error says why nothing can be asked at all.
	Ready(ctx context.Context, patience time.Duration) error
	Release()
	// targets are all that are known now; not to be changed.
	Targets() []target.Status
	// outdated is since when nothing could be found out about the targets, and why; zero where they are those of now.
	TargetsOutdated() (since time.Time, why string)
	// catalogue is the catalogue as it holds with what this executor has.
	Catalogue(c *signals.Catalogue) *signals.Catalogue
	// evaluate answers an expression. Errors are those of the engine, to be put into words by explain, or are in words.
	Evaluate(ctx context.Context, e Evaluation) (Value, error)
	// querier gives the samples, and the labels, between two times (unix milliseconds) as they were scraped. Its
	// LabelValues are those of series with a sample in between.
	Querier(from, to int64) (storage.Querier, error)
	// firstUp is when nodes were first seen to answer between two times; unix milliseconds. Nodes outside of the scope
	// may be missing.
	FirstUp(ctx context.Context, s Scope, from, to time.Time) (map[target.Node]int64, error)
	// present are the nodes that are scraped at a time, if that is known without asking; else nil.
	PresentNodes(at time.Time) map[target.Node]bool
	// since is when the history begins; zero where that is not known, or where it has not begun.
	HistoryStart() time.Time
	// trimmed is whether it begins there because no more of it fits.
	HistoryTrimmed() bool
	// rewritten is an expression of the catalogue as it is evaluated.
	Rewrite(expr string) (string, error)
	// written is what a label of the frames is called in PromQL written by hand.
	SampleLabel(label string) string
	// holds is whether there is anything of a metric now, whoever it is from.
	HasMetric(ctx context.Context, metric string) bool
	// check is what the health check says besides what it says of the targets; asked when all is ready. The error says why
	// nothing can be asked.
	Check(ctx context.Context) (HealthSummary, error)
	// Retention is how long samples are kept; 0 if that is not known.
	Retention() time.Duration
	Messages() Messages
}

// Evaluation is an expression at an instant, in which case Step is 0, or over a range. Times are unix milliseconds.
type Evaluation struct {
	Expr       string
	Start, End int64
	Step       time.Duration
	// byHand is whether a user wrote it: then its labels are those of the samples, and stay.
	UserWritten bool
}

// Value is the result of an expression. It must not be modified.
type Value struct {
	Value parser.Value
	// executed is the expression as it was evaluated.
	Executed string
	// notices are what the executor has to say of the value: that it is partial, for example.
	Notices []data.Notice
	// free gives the memory of the value back; may be nil.
	Release func()
}

// HealthSummary is an executor's part of the health check.
type HealthSummary struct {
	// lead begins the message, remarks end it; failed is whether any of them makes figures wrong.
	Summary string
	Remarks []string
	Failed  bool
}

// Messages are texts that differ between the executors.
type Messages struct {
	// nobody is why there is no target at all.
	NoTargets string
	// missingKind is what to do where there is no target of a kind, %s; targetSetting where a setting of targets, %s, is.
	MissingKind, TargetSetting string
}

// ErrNoTargets means that the settings list no targets.
var ErrNoTargets = errors.New("no targets are configured: add the address of a Falco, such as node-1:8765, to the data source's settings")
