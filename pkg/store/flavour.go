package store

import (
	"context"
	"net/http"
	"strings"

	jsoniter "github.com/json-iterator/go"
)

// Flavour is which store answers, as far as it tells.
type Flavour struct {
	Name    string // Prometheus, Thanos, Mimir, VictoriaMetrics; empty where it is not known
	Version string // empty where the API does not tell
}

func (f Flavour) String() string {
	if f.Name == "" {
		return "A store that does not tell its name"
	}
	return strings.TrimSpace(f.Name + " " + f.Version)
}

// isVictoria tells VictoriaMetrics by a header that it sets on every answer.
func isVictoria(headers http.Header) bool { return headers.Get("X-Server-Hostname") != "" }

// flavour asks for the build. Prometheus tells its version there. Mimir names itself in `application`
// (https://grafana.com/docs/mimir/latest/references/http-api/, build information). Thanos has had no version above 0 so
// far. VictoriaMetrics gives a version of Prometheus that clients take, none of its own, and names its host in a header of
// every answer. Cortex has no such path.
func (s *Store) flavour(ctx context.Context) (f Flavour, err error) {
	var application string
	d := &decoder{whole: func(it *jsoniter.Iterator) {
		for field := it.ReadObject(); field != ""; field = it.ReadObject() {
			switch field {
			case "version":
				f.Version = it.ReadString()
			case "application":
				application = it.ReadString()
			default:
				it.Skip()
			}
		}
	}}
	var headers http.Header
	d.headers = func(h http.Header) { headers = h }
	err = s.ask(ctx, "status/buildinfo", nil, d)
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
