package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

func (s *server) search(w http.ResponseWriter, r *http.Request) {
	dashboards, err := provision.Dashboards(s.Provisioning)
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	wanted := strings.ToLower(r.URL.Query().Get("query"))
	hits := []map[string]any{}
	for _, found := range dashboards {
		if !strings.Contains(strings.ToLower(found.Title), wanted) {
			continue
		}
		hits = append(hits, map[string]any{
			"uid": found.UID, "title": found.Title, "description": found.Description, "type": "dash-db",
			"url": "/d/" + found.UID, "folderTitle": found.Folder, "tags": append([]string{}, found.Tags...),
		})
	}
	writeJSON(w, http.StatusOK, hits)
}

func (s *server) dashboard(w http.ResponseWriter, r *http.Request) {
	dashboards, err := provision.Dashboards(s.Provisioning)
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	uid := r.PathValue("uid")
	for _, found := range dashboards {
		if found.UID == uid {
			writeJSON(w, http.StatusOK, map[string]any{
				"dashboard": found.JSON,
				"meta":      map[string]any{"provisioned": true, "url": "/d/" + found.UID, "folderTitle": found.Folder},
			})
			return
		}
	}
	writeError(w, http.StatusNotFound, fmt.Sprintf("dashboard %q not found in the folders of the providers in %s/dashboards", uid, s.Provisioning))
}

func (s *server) rules(w http.ResponseWriter, _ *http.Request) {
	rules, err := provision.Rules(s.Provisioning)
	if err != nil {
		writeError(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, rules)
}
