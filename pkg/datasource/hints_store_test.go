package datasource

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHintsInPrometheusMode checks that hints use the labels that a metric has on the server, by the server's names.
func TestHintsInPrometheusMode(t *testing.T) {
	d := storeOf(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/labels") {
			answerOne(w, r, "")
			return
		}
		_ = r.ParseForm()
		labels := `"__name__", "instance", "job", "node"`
		if strings.Contains(r.Form.Get("match[]"), "hostname_info") || !strings.Contains(r.Form.Get("match[]"), "n_drops_total") {
			labels += `, "hostname"`
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status": "success", "data": [%s]}`, labels)
	})
	hints := func(expr string) []string {
		return texts(t, queryOne(t, d, fmt.Sprintf(`{"queryType": "promql", "expr": %q, "instant": true}`, expr)))
	}
	require.Equal(t, []string{"info: falcosecurity_scap_n_drops_total has no label hostname, so by (hostname) does not separate series. The labels are instance, job, node."},
		hints("sum by (hostname) (rate(falcosecurity_scap_n_drops_total[5m]))"))
	for _, label := range []string{"instance", "node", "job"} {
		require.Empty(t, hints(fmt.Sprintf("sum by (%s) (rate(falcosecurity_scap_n_drops_total[5m]))", label)), "the server has this label")
	}
	require.Empty(t, hints("count by (hostname) (falcosecurity_evt_hostname_info)"))
}
