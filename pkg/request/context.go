package request

import (
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// AddNotices adds what the executor reports about a value. Infos are about the way an expression is written, so only the
// author of the expression gets them.
func (qc *QueryContext) AddNotices(notices []data.Notice) {
	for _, n := range notices {
		if n.Severity != data.NoticeSeverityInfo || qc.Query.QueryType == "promql" {
			qc.Notices = append(qc.Notices, n)
		}
	}
}

// FrameOptions returns how the results of a query become frames.
func (qc *QueryContext) FrameOptions(notices []data.Notice) frames.Options {
	o := frames.Options{RefID: qc.RefID, LegendFormat: qc.Query.LegendFormat, Unit: qc.Query.Unit, Identity: target.IdentityLabels, Table: qc.Query.Format == "table", Notices: notices}
	if !qc.Query.Instant {
		o.Step = qc.Times.Step
	}
	return o
}

// UniqueNotices returns what the executor reported about the values, without repetition.
func (qc *QueryContext) UniqueNotices() (out []data.Notice) {
	for _, n := range qc.Notices {
		if !slices.ContainsFunc(out, func(other data.Notice) bool { return other.Text == n.Text }) {
			out = append(out, n)
		}
	}
	return out
}

// QueryContext is one query while it is evaluated.
type QueryContext struct {
	Query   query.Query
	RefID   string
	Times   query.Times
	Targets target.Set       // that the query is about
	Results []frames.Result  // of query types signal and promql
	Filters []signals.Filter // used to compile the results
	Compare time.Duration    // how much earlier the values to compare with are; 0 for none
	Ranking *Ranking         // the series that remain under a limit; nil without one
	Notices []data.Notice    // from the executor, about the values
}

// Begin returns the start of the range, also for an instant query.
func (qc *QueryContext) Begin() time.Time { return qc.Times.End.Add(-qc.Times.Length) }
