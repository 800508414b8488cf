// The server side of the plugin: one process for all data sources of this type.
package main

import (
	"log"

	sdk "github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/datasource"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// pluginID is the id in plugin.json.
const pluginID = "falco-metrics-datasource"

func main() {
	pool := scrape.NewManager(scrape.ManagerOptions{})
	recorder := receiver.NewRecorder()
	prometheus.MustRegister(recorder) // the SDK serves the default registry to Grafana
	err := sdk.Manage(pluginID, datasource.Factory(pool, recorder), sdk.ManageOpts{})
	pool.Close()
	if err != nil {
		log.Fatalln("The plugin could not be served:", err)
	}
}
