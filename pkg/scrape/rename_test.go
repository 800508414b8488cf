package scrape

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHostNameThatChangesAtEveryStart(t *testing.T) {
	const remark = "Falco reports the host name falco-q9d4m after falco-x7k2p: its history begins anew under the new name. A name that changes at every start is usually that of the pod. Set the environment variable FALCO_HOSTNAME of Falco to the name of the node (spec.nodeName), as the Helm chart does since 8.0.4."
	for _, c := range []struct {
		name   string
		labels map[string]string
		node   string
		remark string
	}{
		{"without a node label", nil, "falco-q9d4m", remark},
		{"with a node label", map[string]string{"node": "worker-1"}, "worker-1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newFakeNet(t)
				f := &falco{host: "falco-x7k2p", start: time.Now().Add(-time.Hour), version: "0.44.1"}
				n.serve("a:1", f.ServeHTTP)
				l, end := n.lease(t, TargetConfig{URL: "a:1", Labels: c.labels})
				defer end()
				time.Sleep(time.Minute)
				require.Empty(t, l.Targets()[0].Message)
				f.set(func(f *falco) { f.host, f.start = "falco-q9d4m", time.Now() })
				time.Sleep(time.Minute)
				require.Len(t, l.Targets(), 1, "no ghost of the former name")
				s := l.Targets()[0]
				require.Equal(t, Up, s.State)
				require.Equal(t, c.node, s.Node())
				require.Equal(t, c.remark, s.Message)
				time.Sleep(time.Hour)
				require.Empty(t, l.Targets()[0].Message)
			})
		})
	}
}
