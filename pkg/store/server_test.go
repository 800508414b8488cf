package store

import (
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

// realServers starts each server that is installed and writes series to it.
func realServers(t *testing.T, series []server.Series, f func(t *testing.T, s *Store)) {
	type started interface{ Write([]server.Series) error }
	for program, start := range map[string]func() (started, *server.Server, error){
		"prometheus": func() (started, *server.Server, error) {
			p, err := server.StartPrometheus("")
			if err != nil {
				return nil, nil, err
			}
			return p, p.Server, nil
		},
		"victoria-metrics": func() (started, *server.Server, error) {
			v, err := server.StartVictoria()
			if err != nil {
				return nil, nil, err
			}
			return v, v.Server, nil
		},
	} {
		t.Run(program, func(t *testing.T) {
			if _, err := exec.LookPath(program); err != nil {
				t.Skip(program + " is not installed")
			}
			writer, process, err := start()
			require.NoError(t, err)
			t.Cleanup(process.Stop)
			require.NoError(t, writer.Write(series))
			at := fakeServer{&promapitest.Server{Server: &httptest.Server{URL: process.URL}}}
			s := at.store(t)
			s.now = time.Now
			f(t, s)
		})
	}
}

// Prometheus and VictoriaMetrics evaluate the expressions that leave dips out alike.
func TestRatesLeaveDipsOutOfRealServers(t *testing.T) {
	const samples = 240
	first := time.Now().Truncate(15 * time.Second).Add(-samples * 15 * time.Second).Add(8 * time.Second)
	series := func(name string, value func(i int) float64) server.Series {
		one := server.Series{Labels: labels.FromStrings("__name__", name, "job", "falco", "instance", "a")}
		for i := range samples {
			one.Times = append(one.Times, first.Add(time.Duration(i)*15*time.Second).UnixMilli())
			one.Values = append(one.Values, value(i))
		}
		return one
	}
	one := func(int) float64 { return 1 }
	realServers(t, []server.Series{
		series("up", one), series("falcosecurity_falco_version_info", one), series(startTime, one),
		series(events, func(i int) float64 {
			value := 9e6 + float64(i)*150_000
			if i == 100 || i == 237 {
				value /= 4
			}
			return value
		}),
	}, func(t *testing.T, s *Store) {
		require.NoError(t, s.Ready(t.Context()))
		q := promapi.Query{Expr: eventRate, Start: first.Add(10 * time.Minute).Truncate(15 * time.Second), End: first.Add((samples - 1) * 15 * time.Second).Truncate(15 * time.Second), Step: 15 * time.Second}
		for range 2 { // fresh, and reused
			result, err := s.Evaluate(t.Context(), q)
			require.NoError(t, err)
			require.NotEmpty(t, result.Dips)
			require.Len(t, result.Value, 1)
			points := result.Value.(promql.Matrix)[0].Floats
			require.Len(t, points, int(q.End.Sub(q.Start)/q.Step)+1)
			for _, p := range points {
				require.InEpsilon(t, 10_000, p.F, 0.05, time.UnixMilli(p.T))
			}
		}
		q.Expr = "sum(increase(falcosecurity_scap_n_evts_total[5m]))"
		result, err := s.Evaluate(t.Context(), q)
		require.NoError(t, err)
		for _, p := range result.Value.(promql.Matrix)[0].Floats {
			require.InEpsilon(t, 3e6, p.F, 0.05, time.UnixMilli(p.T))
		}
	})
}
