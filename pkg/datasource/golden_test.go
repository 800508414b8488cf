package datasource

import (
	"flag"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/experimental"
)

var update = flag.Bool("update", false, "write the goldens in testdata anew")

// TestGoldens keeps whole frames, as panels get them: columns, colours, links, names.
func TestGoldens(t *testing.T) {
	sick := func(t *testing.T) *Instance { d, _ := sickFleet(t); return d }
	const two = `"signals": ["kernel", "up"], "filters": [{"key": "node", "operator": "=~", "value": "bad|dead"}]`
	for name, test := range map[string]struct {
		fleet func(*testing.T) *Instance
		query string
	}{
		"health":           {sick, `{"kind": "health", ` + two + `}`},
		"health-summary":   {sick, `{"kind": "health", "by": ["dimension"], ` + two + `}`},
		"health-numbers":   {sick, `{"kind": "health", "format": "timeseries", "instant": true, "by": ["dimension"], ` + two + `}`},
		"health-of-nobody": {sick, `{"kind": "health", "filters": [{"key": "node", "operator": "=", "value": "x"}]}`},
		"rules":            {rulesFleet, `{"kind": "rules"}`},
		"events":           {eventsFleet, `{"kind": "events"}`},
	} {
		t.Run(name, func(t *testing.T) {
			res := queryOne(t, test.fleet(t), test.query)
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &res, *update)
		})
	}
}
