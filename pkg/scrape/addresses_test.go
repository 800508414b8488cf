package scrape

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The k8saudit plugin's web server only accepts POST requests, on a port of its own.
func TestPortOfAnotherServer(t *testing.T) {
	const want = "The target responded with STATUS. Port 9765 is that of the webhook of the k8saudit plugin, which serves no metrics. Check the port and the path (Falco: port 8765, path /metrics)."
	for status, message := range map[int]string{
		http.StatusMethodNotAllowed: strings.Replace(want, "STATUS", "405 Method Not Allowed", 1),
		http.StatusNotFound:         strings.Replace(want, "STATUS", "404 Not Found", 1),
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNet(t)
			n.serve("falco-k8saudit.example:9765", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			l, end := n.lease(t, TargetConfig{URL: "falco-k8saudit.example:9765"})
			defer end()
			wait(t, l)
			require.Equal(t, message, l.Targets()[0].Message)
			require.Equal(t, Down, l.Targets()[0].State)
		})
	}
}

func TestIPv6Addresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("[2001:db8::17]:8765", (&falco{host: "node-17", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "[2001:db8::17]:8765"})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"node-17 http://[2001:db8::17]:8765/metrics up"}, targetStates(l))
	})
}
