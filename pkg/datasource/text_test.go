package datasource

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTextOfTotals(t *testing.T) {
	d, f := fiveNodes(t)
	res := queryOne(t, d, `{"signals": ["kernel-drop-ratio", "kernel-drop-since-start-ratio"], "groupBy": [], "format": "table", "text": "{{nodes}} lost {{kernel-drop-ratio}}."}`)
	require.NoError(t, res.Error)
	require.Equal(t, "5 nodes lost 3 %.", res.Frames[0].Fields[0].At(0), "1, 2, … 5 of 100 events each")

	res = queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "groupBy": [], "format": "table", "text": "{{nodes}}", "filters": [{"key": "node", "operator": "=", "value": "node-2"}]}`)
	require.Equal(t, "1 node", res.Frames[0].Fields[0].At(0))

	f.since = noon.Add(-2 * time.Minute)
	res = queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "groupBy": [], "format": "table", "text": "{{nodes}} lost {{kernel-drop-ratio}}."}`)
	require.Equal(t, "5 nodes lost 3 %. Data starts at 11:58 UTC.", res.Frames[0].Fields[0].At(0), "a copied sentence has no notice")

	res = queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "format": "table", "text": "{{kernel-drop-ratio}}"}`)
	require.ErrorContains(t, res.Error, "the text of a query needs the total of kernel-drop-ratio at an instant: set groupBy to []")
}
