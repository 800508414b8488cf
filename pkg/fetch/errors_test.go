package fetch

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The advice is not to raise the timeout alone when the interval limits it.
func TestTimeoutOfAWholeInterval(t *testing.T) {
	f := &Fetcher{timeout: 4 * time.Second, interval: 4 * time.Second}
	u := &url.URL{Scheme: "http", Host: "a:1"}
	require.Equal(t, "No response within 4s. Check network policies and firewalls between Grafana and port 1. If the target is just slow, raise scrapeInterval (4s), which scrapeTimeout cannot exceed, and then scrapeTimeout.",
		f.explain(context.DeadlineExceeded, u, -1).Message)
	require.Equal(t, "The response was incomplete after 4s (7 bytes received). The target is too slow: raise scrapeInterval (4s), which scrapeTimeout cannot exceed, and then scrapeTimeout, or find out what keeps it busy.",
		f.explain(context.DeadlineExceeded, u, 7).Message)
}
