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
		"health":           {sick, `{"queryType": "health", ` + two + `}`},
		"health-summary":   {sick, `{"queryType": "health", "groupBy": ["dimension"], ` + two + `}`},
		"health-numbers":   {sick, `{"queryType": "health", "format": "timeseries", "instant": true, "groupBy": ["dimension"], ` + two + `}`},
		"health-of-nobody": {sick, `{"queryType": "health", "filters": [{"key": "node", "operator": "=", "value": "x"}]}`},
		"rules":            {rulesFleet, `{"queryType": "rules"}`},
		"events":           {eventsFleet, `{"queryType": "events"}`},
	} {
		t.Run(name, func(t *testing.T) {
			res := queryOne(t, test.fleet(t), test.query)
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &res, *update)
		})
	}
}
