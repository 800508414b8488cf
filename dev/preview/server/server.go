// Package server implements the HTTP routes of Grafana that a data source and the page need.
package server

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/hashicorp/go-hclog"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/plugin"
	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

// Backend is the backend of the plugin.
type Backend interface {
	QueryData(context.Context, *backend.QueryDataRequest) (*backend.QueryDataResponse, error)
	CheckHealth(context.Context, *backend.CheckHealthRequest) (*backend.CheckHealthResult, error)
	CallResource(context.Context, *backend.CallResourceRequest, func(*backend.CallResourceResponse) error) error
}

// Options configure a server.
type Options struct {
	Manifest plugin.Manifest
	Backend  Backend
	Sources  []provision.DataSource
	// Provisioning is a folder. Its dashboards and alert rules are read for every request.
	Provisioning string
	// Public is the folder with the built page, icons and fonts.
	Public string
	// GrafanaVersion is the version of Grafana that the page receives.
	GrafanaVersion string
	// AppURL is the URL of Grafana that the plugin receives.
	AppURL string
	Logger hclog.Logger
}

type server struct {
	Options
	sources *sources
}

// New returns the handler of all routes.
func New(options Options) http.Handler {
	s := &server{Options: options, sources: newSources(options.Sources)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", s.health)
	mux.HandleFunc("GET /api/frontend/settings", s.frontendSettings)
	mux.HandleFunc("POST /api/ds/query", s.query)
	mux.HandleFunc("GET /api/datasources/uid/{uid}", s.source)
	mux.HandleFunc("PUT /api/datasources/uid/{uid}", s.updateSource)
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", s.sourceHealth)
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", s.resource)
	mux.HandleFunc("GET /api/search", s.search)
	mux.HandleFunc("GET /api/dashboards/uid/{uid}", s.dashboard)
	mux.HandleFunc("GET /api/v1/provisioning/alert-rules", s.rules)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, "the preview does not support the route "+r.Method+" "+r.URL.Path)
	})
	plugins := "/public/plugins/" + options.Manifest.ID + "/"
	mux.Handle(plugins, files(plugins, options.Manifest.Folder))
	mux.Handle("/public/", files("/public/", options.Public))
	mux.HandleFunc("/", s.page)
	return mux
}

// files serves a folder without directory listings. The browser revalidates every file.
func files(prefix, folder string) http.Handler {
	serve := http.StripPrefix(prefix, http.FileServer(http.Dir(filepath.Clean(folder))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Base(r.URL.Path)
		if strings.HasSuffix(r.URL.Path, "/") || strings.HasPrefix(name, "gpx_") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		serve.ServeHTTP(w, r)
	})
}

func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"database": "ok", "version": s.GrafanaVersion, "commit": "preview"})
}

// pluginContext returns the context that Grafana sends to a plugin with every request.
func (s *server) pluginContext(source provision.DataSource) backend.PluginContext {
	return backend.PluginContext{
		OrgID:         source.OrgID, //nolint:staticcheck // SA1019: Grafana still sends it and plugins read it
		Namespace:     "default",
		PluginID:      s.Manifest.ID,
		PluginVersion: s.Manifest.Version,
		User:          &backend.User{Login: "admin", Name: "admin", Email: "admin@localhost", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: source.UID, Type: source.Type, Name: source.Name, URL: source.URL, User: source.User,
			Database: source.Database, BasicAuthEnabled: source.BasicAuth, BasicAuthUser: source.BasicAuthUser,
			JSONData: source.JSONData, DecryptedSecureJSONData: source.SecureJSONData, Updated: source.Updated,
		},
		GrafanaConfig: config.NewGrafanaCfg(map[string]string{config.AppURL: s.AppURL}),
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"message": message})
}
