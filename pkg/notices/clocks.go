package notices

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// WrongClocks says which nodes of a set have a clock that differs from the scraper's by more than the catalogue tolerates,
// and by how much. It returns "" if there are none.
func WrongClocks(ctx context.Context, r *request.Request, of target.Set, at time.Time) (string, error) {
	qc := &request.QueryContext{Times: query.Times{Start: at, End: at, Scrape: r.Settings.Interval, Step: r.Settings.Interval}}
	qc.Query.Instant = true
	expr, _, err := r.CompileTemplate("clock", r.Catalogue.Clock.Ahead, "", executor.Scope{}, qc)
	if err != nil {
		return "", err
	}
	ahead, _, err := r.Points(ctx, expr, qc)
	if err != nil {
		return "", err
	}
	var names []string
	var differences []float64
	known := 0
	for _, t := range of.All {
		seconds, has := request.Last(ahead[target.NodeOf(t.Labels)])
		if !has {
			continue
		}
		known++
		if math.Abs(seconds) > r.Catalogue.Clock.Tolerance {
			names, differences = append(names, of.Name(t)), append(differences, seconds)
		}
	}
	server := "Grafana"
	if r.Settings.Store != nil {
		server = "Prometheus"
	}
	switch {
	case len(names) == 0:
		return "", nil
	case len(names) == known && known > 1 && equal(differences, r.Catalogue.Clock.Tolerance):
		return fmt.Sprintf("The clocks of all nodes are about %s. Check the clock of the %s server.", compared(differences[0], server), server), nil
	case len(names) == 1:
		return fmt.Sprintf("The clock of %s is about %s. Check time synchronisation on the node.", names[0], compared(differences[0], server)), nil
	}
	for i := range names {
		names[i] = fmt.Sprintf("%s (%s)", names[i], ClockDifference(differences[i]))
	}
	return fmt.Sprintf("The clocks of %d nodes differ from %s's: %s. Check time synchronisation on the nodes.", len(names), server, wording.List(names)), nil
}

// equal reports whether all values are within a tolerance of the first.
func equal(values []float64, tolerance float64) bool {
	for _, v := range values {
		if math.Abs(v-values[0]) > tolerance {
			return false
		}
	}
	return true
}

// compared formats how far a clock is from that of a server: 2 h ahead of Grafana's.
func compared(seconds float64, server string) string {
	return strings.Replace(ClockDifference(seconds), "ahead", "ahead of", 1) + " " + server + "'s"
}

// ClockDifference formats how far a clock is ahead or behind, rounded because it is only estimated: 2 h ahead.
func ClockDifference(seconds float64) string {
	direction := "ahead"
	if seconds < 0 {
		seconds, direction = -seconds, "behind"
	}
	unit, name := 1.0, "s"
	switch {
	case seconds >= 47.5*3600: // rounded to two days
		unit, name = 24*3600, "days"
	case seconds >= 119.5*60:
		unit, name = 3600, "h"
	case seconds >= 119.5:
		unit, name = 60, "min"
	}
	return fmt.Sprintf("%.0f %s %s", seconds/unit, name, direction)
}
