package scrape

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// runNodeExporter starts the real node_exporter and returns its address.
func runNodeExporter(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("prometheus-node-exporter")
	if err != nil {
		t.Skip("prometheus-node-exporter is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	run := exec.Command(program, "--web.listen-address="+address)
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, waitLimit, 10*time.Millisecond)
	return address
}

// A real node_exporter becomes the node of its host, and only what the signals read is kept.
func TestRealNodeExporter(t *testing.T) {
	address := runNodeExporter(t)
	l := lease(t, ManagerOptions{}, config(
		TargetConfig{URL: address, Kind: KindNodeExporter, Labels: map[string]string{"cluster": "x"}},
		TargetConfig{URL: address, Labels: map[string]string{"cluster": "y"}},
	))
	wait(t, l)
	host, err := os.Hostname()
	require.NoError(t, err)
	exporter, falco := statusOfKind(t, l, KindNodeExporter), statusOfKind(t, l, KindFalco)
	require.Equal(t, Up, exporter.State, exporter.Message)
	require.Equal(t, map[string]string{"cluster": "x", "node": host, "kind": KindNodeExporter}, exporter.Labels.Map())
	require.Equal(t, NotFalco, falco.Cause)
	require.Equal(t, "These are the metrics of node_exporter, but the target's kind is falco. Set kind: node-exporter.", falco.Message)

	allowed := config().Reading.KeepMetrics[0].Metrics
	for name := range exporter.Metrics {
		require.Contains(t, allowed, name)
	}
	require.Contains(t, exporter.Metrics, "node_cpu_seconds_total")
	require.Less(t, exporter.Samples, 100)
	require.Zero(t, exporter.Unreadable, fmt.Sprint(exporter.Problems))
	require.Len(t, dump(t, l, time.Now(), named("node_cpu_seconds_total")), 8, "one series for each mode, whatever the number of CPUs")
}

func statusOfKind(t *testing.T, l *Lease, kind string) Status {
	t.Helper()
	all := l.Targets()
	i := slices.IndexFunc(all, func(s Status) bool { return s.Kind == kind })
	require.GreaterOrEqual(t, i, 0)
	return all[i]
}
