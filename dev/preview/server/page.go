package server

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"path/filepath"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page serves the HTML document. It contains Grafana's boot data, the settings that the libraries
// of the page read when they are imported.
func (s *server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := pageTemplate.Execute(w, s.bootData()); err != nil {
		s.Logger.Error("page", "error", err)
	}
}

// frontendSettings answers with the part of the boot data that Grafana's libraries can load again.
func (s *server) frontendSettings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.bootData()["settings"])
}

func (s *server) bootData() map[string]any {
	sources := map[string]any{}
	standard := ""
	for _, source := range s.sources.list() {
		if source.Type != s.Manifest.ID {
			continue
		}
		if source.IsDefault || standard == "" {
			standard = source.Name
		}
		sources[source.Name] = map[string]any{
			"id": 1, "uid": source.UID, "name": source.Name, "type": source.Type, "isDefault": source.IsDefault,
			"readOnly": !source.Editable, "access": "proxy", "url": "/api/datasources/proxy/uid/" + source.UID,
			"jsonData": source.JSONData, "meta": s.meta(),
		}
	}
	return map[string]any{
		"user": map[string]any{
			"isSignedIn": true, "id": 1, "login": "admin", "name": "admin", "email": "admin@localhost",
			"orgId": 1, "orgName": "Main Org.", "orgRole": "Admin", "isGrafanaAdmin": true, "timezone": "browser",
			"weekStart": "", "locale": "en-US", "language": "en-US", "permissions": map[string]bool{},
		},
		"settings": map[string]any{
			"buildInfo": map[string]any{
				"version": s.GrafanaVersion, "commit": "preview", "env": "production", "edition": "Open Source",
			},
			"appUrl": s.AppURL, "appSubUrl": "", "minRefreshInterval": "1s", "featureToggles": map[string]bool{},
			"datasources": sources, "defaultDatasource": standard,
		},
		"navTree": []any{},
		"assets":  map[string]any{},
	}
}

// meta returns the plugin's plugin.json with the URLs that Grafana adds to it.
func (s *server) meta() map[string]any {
	meta := map[string]any{}
	_ = json.Unmarshal(s.Manifest.JSON, &meta)
	base := "public/plugins/" + s.Manifest.ID
	meta["baseUrl"], meta["module"] = base, base+"/module.js"
	if info, ok := meta["info"].(map[string]any); ok {
		if logos, ok := info["logos"].(map[string]any); ok {
			for size, logo := range logos {
				if path, ok := logo.(string); ok {
					logos[size] = "/" + filepath.ToSlash(filepath.Join(base, path))
				}
			}
		}
	}
	return meta
}
