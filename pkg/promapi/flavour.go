package promapi

import (
	"context"
	"net/http"
	"strings"

	jsoniter "github.com/json-iterator/go"
)

// Flavour is the product behind the Prometheus HTTP API.
type Flavour struct {
	Name    string // Prometheus, Thanos, Mimir or VictoriaMetrics; empty if unknown
	Version string // empty if the API does not tell
}

func (f Flavour) String() string {
	if f.Name == "" {
		return "The Prometheus-compatible server"
	}
	return strings.TrimSpace(f.Name + " " + f.Version)
}

// isVictoria recognises VictoriaMetrics by a header that it sets on every response.
func isVictoria(headers http.Header) bool { return headers.Get("X-Server-Hostname") != "" }

// IsVictoria reports whether the last response came from VictoriaMetrics.
func (c *Client) IsVictoria() bool { return c.victoria.Load() }

// Flavour reads the build information. Prometheus reports its version. Mimir reports its name in `application`
// (https://grafana.com/docs/mimir/latest/references/http-api/, build information). Thanos has only released 0.x versions
// so far. VictoriaMetrics reports a Prometheus version for the sake of clients. Cortex has no such path.
func (c *Client) Flavour(ctx context.Context) (f Flavour, err error) {
	var application string
	d := &decoder{}
	d.readData = func(it *jsoniter.Iterator) {
		for field := it.ReadObject(); field != ""; field = it.ReadObject() {
			switch field {
			case "version":
				f.Version = it.ReadString()
			case "application":
				application = it.ReadString()
			default:
				d.body.skip(it)
			}
		}
	}
	var headers http.Header
	d.headers = func(h http.Header) { headers = h }
	err = c.admitted(ctx, func() error { return c.request(ctx, buildInfoEndpoint, nil, d) })
	switch {
	case isVictoria(headers):
		return Flavour{Name: "VictoriaMetrics"}, nil
	case err != nil:
		return Flavour{}, err
	case strings.Contains(application, "Mimir"):
		f.Name = "Mimir"
	case strings.HasPrefix(f.Version, "0."):
		f.Name = "Thanos"
	case f.Version != "":
		f.Name = "Prometheus"
	}
	return f, nil
}
