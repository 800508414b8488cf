package scrape

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Bounds of waiting in tests that do not use a simulated clock.
const (
	waitLimit    = 30 * time.Second
	pollInterval = time.Millisecond
)

var testLimits = Limits{BodySizeLimit: 16 << 20, Limits: exposition.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024}}

func config(targets ...TargetConfig) Config {
	return Config{
		OrgID: 1, Targets: targets, Interval: 15 * time.Second, Timeout: 10 * time.Second, Retention: 24 * time.Hour,
		Limits: testLimits, ClientKey: "none", Reading: signals.Load().Reading,
	}
}

// falcoText returns a small response of a Falco.
func falcoText(host string, start time.Time, events int) string {
	return fmt.Sprintf(`falcosecurity_falco_version_info{version="0.44.1"} 1
falcosecurity_scap_engine_name_info{engine_name="source_plugin",evt_source="k8s_audit"} 1
falcosecurity_scap_engine_name_info{engine_name="modern_bpf",evt_source="syscall"} 1
falcosecurity_evt_hostname_info{hostname="%s"} 1
falcosecurity_falco_start_timestamp_nanoseconds %d
falcosecurity_scap_n_evts_total %d
`, host, start.UnixNano(), events)
}

func serveFalco(host string) http.HandlerFunc {
	start := time.Now()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprint(w, falcoText(host, start, 100))
	}
}

// lease returns a lease of a new manager. Both end with the test.
func lease(t *testing.T, o ManagerOptions, c Config) *Lease {
	t.Helper()
	p := NewManager(o)
	t.Cleanup(p.Close)
	l, err := p.Lease(c)
	require.NoError(t, err)
	return l
}

func wait(t *testing.T, l *Lease) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(t, l.Wait(ctx, 1))
}

// dump returns a lease's history, one line per series, with samples as value@time since from and staleness markers as "end".
func dump(t *testing.T, l *Lease, from time.Time, matchers ...*labels.Matcher) []string {
	t.Helper()
	q, err := l.Queryable().Querier(0, time.Now().Add(time.Hour).UnixMilli())
	require.NoError(t, err)
	defer q.Close()
	set := q.Select(context.Background(), true, nil, matchers...)
	var lines []string
	for set.Next() {
		s := set.At()
		var line strings.Builder
		line.WriteString(s.Labels().String())
		for it := s.Iterator(nil); it.Next() != 0; {
			at, v := it.At()
			text := fmt.Sprint(v)
			if isStale(v) {
				text = "end"
			}
			fmt.Fprintf(&line, " %s@%s", text, time.UnixMilli(at).Sub(from))
		}
		lines = append(lines, line.String())
	}
	require.NoError(t, set.Err())
	return lines
}

func named(name string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)
}

// raw serves each connection with do after it has read the request, and returns the address.
func raw(t *testing.T, do func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 4096))
				do(conn.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

func isStale(v float64) bool { return value.IsStaleNaN(v) }
