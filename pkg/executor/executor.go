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
	// Ready must be called before every request. It waits up to patience for what is not known yet, with rates also for what
	// rates need; notices report what is still missing then. The error says why nothing can be evaluated.
	Ready(ctx context.Context, patience time.Duration, rates bool) error
	// Release must be called when the executor is no longer used.
	Release()
	// Targets returns all current targets. They must not be modified.
	Targets() []target.Status
	// TargetsOutdated returns since when the list of targets could not be refreshed, and why. The time is zero if the list is
	// current.
	TargetsOutdated() (since time.Time, why string)
	// Catalogue returns the catalogue for the metrics that this executor has.
	Catalogue(c *signals.Catalogue) *signals.Catalogue
	// Evaluate evaluates an expression. request.Request.Explain turns its error into one for users.
	Evaluate(ctx context.Context, e Evaluation) (Value, error)
	// Querier returns the scraped samples and their labels between two times in Unix milliseconds. Its LabelValues are
	// those of series with a sample in between.
	Querier(from, to int64) (storage.Querier, error)
	// FirstUp returns when nodes first responded between two times, in Unix milliseconds. Nodes outside the scope may be
	// missing.
	FirstUp(ctx context.Context, s Scope, from, to time.Time) (map[target.Node]int64, error)
	// PresentNodes returns the nodes that are scraped at a time, or nil if that is not known without a query.
	PresentNodes(at time.Time) map[target.Node]bool
	// HistoryStart returns when the history starts. It is zero if that is not known or there is no history yet.
	HistoryStart() time.Time
	// HistoryTrimmed reports whether older samples were evicted because of retention.size.
	HistoryTrimmed() bool
	// Rewrite returns an expression of the catalogue as it is evaluated.
	Rewrite(expr string) (string, error)
	// SampleLabel returns the name that a label of frames has in the user's own PromQL.
	SampleLabel(label string) string
	// HasMetric reports whether there are current samples of a metric.
	HasMetric(ctx context.Context, metric string) bool
	// Check returns the executor's part of the health check. It is called after Ready. The error says why nothing can be
	// evaluated.
	Check(ctx context.Context) (HealthSummary, error)
	// Retention is how long samples are kept; 0 if that is not known.
	Retention() time.Duration
	// Messages returns the texts that differ between the executors.
	Messages() Messages
}

// Evaluation is an expression at an instant, in which case Step is 0, or over a range. Times are unix milliseconds.
type Evaluation struct {
	Expr       string
	Start, End int64
	Step       time.Duration
	// UserWritten means that a user wrote the expression. It uses the labels of the samples, and its result keeps them.
	UserWritten bool
}

// Value is the result of an expression. It must not be modified.
type Value struct {
	Value parser.Value
	// Executed is the expression that was evaluated.
	Executed string
	// Notices are about the value, for example that it is partial.
	Notices []data.Notice
	// Release releases the memory of the value. It may be nil.
	Release func()
}

func (v Value) release() {
	if v.Release != nil {
		v.Release()
	}
}

// HealthSummary is an executor's part of the health check.
type HealthSummary struct {
	// Summary is the start of the summary.
	Summary string
	// Problems make values wrong and the check fail. Suggestions do not.
	Problems, Suggestions []string
}

// Messages are texts that differ between the executors.
type Messages struct {
	// NoTargets explains why there is no target.
	NoTargets string
	// MissingKind says what to do without a target of a kind (%s). TargetSetting says where a setting of targets (%s) is.
	MissingKind, TargetSetting string
	// MissingNodeExporter says what to do after installing node_exporter on a node.
	MissingNodeExporter string
}

// ErrNoTargets means that the settings list no targets.
var ErrNoTargets = errors.New("no targets are configured: enter the Address of a Falco, such as node-1:8765, in the settings of the data source")
