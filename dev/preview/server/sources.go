package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

// sources holds the provisioned data sources. Changes that are saved in the config editor are kept in
// memory until the preview exits.
type sources struct {
	mutex sync.RWMutex
	all   []provision.DataSource
}

func newSources(all []provision.DataSource) *sources {
	return &sources{all: slices.Clone(all)}
}

func (s *sources) list() []provision.DataSource {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return slices.Clone(s.all)
}

func (s *sources) get(uid string) (provision.DataSource, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.find(uid)
}

func (s *sources) find(uid string) (provision.DataSource, error) {
	for _, source := range s.all {
		if source.UID == uid {
			return source, nil
		}
	}
	return provision.DataSource{}, fmt.Errorf("data source %q not found; provisioned data sources: %s", uid, s.uids())
}

func (s *sources) uids() string {
	uids := []string{}
	for _, source := range s.all {
		uids = append(uids, source.UID)
	}
	return fmt.Sprint(uids)
}

// sourceSettings is a data source in the format of the config editor.
type sourceSettings struct {
	ID               int64             `json:"id"`
	UID              string            `json:"uid"`
	OrgID            int64             `json:"orgId"`
	Name             string            `json:"name"`
	Type             string            `json:"type"`
	TypeName         string            `json:"typeName"`
	TypeLogoURL      string            `json:"typeLogoUrl"`
	Access           string            `json:"access"`
	URL              string            `json:"url"`
	User             string            `json:"user"`
	Database         string            `json:"database"`
	BasicAuth        bool              `json:"basicAuth"`
	BasicAuthUser    string            `json:"basicAuthUser"`
	WithCredentials  bool              `json:"withCredentials"`
	IsDefault        bool              `json:"isDefault"`
	JSONData         json.RawMessage   `json:"jsonData"`
	SecureJSONFields map[string]bool   `json:"secureJsonFields"`
	SecureJSONData   map[string]string `json:"secureJsonData,omitempty"`
	Version          int               `json:"version"`
	ReadOnly         bool              `json:"readOnly"`
}

func (s *server) settings(source provision.DataSource) sourceSettings {
	stored := map[string]bool{}
	for key, value := range source.SecureJSONData {
		stored[key] = value != ""
	}
	return sourceSettings{
		ID: 1, UID: source.UID, OrgID: source.OrgID, Name: source.Name, Type: source.Type, TypeName: s.Manifest.Name,
		Access: "proxy", URL: source.URL, User: source.User, Database: source.Database, BasicAuth: source.BasicAuth,
		BasicAuthUser: source.BasicAuthUser, IsDefault: source.IsDefault, JSONData: source.JSONData,
		SecureJSONFields: stored, Version: source.Version, ReadOnly: !source.Editable,
	}
}

func (s *server) source(w http.ResponseWriter, r *http.Request) {
	source, err := s.sources.get(r.PathValue("uid"))
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, s.settings(source))
}

func (s *server) updateSource(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	var sent sourceSettings
	if err := json.Unmarshal(body, &sent); err != nil {
		writeError(w, http.StatusBadRequest, "expected the settings of a data source in JSON: "+err.Error())
		return
	}
	updated, status, err := s.sources.update(r.PathValue("uid"), sent)
	if err != nil {
		writeError(w, status, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"message": "Datasource updated", "name": updated.Name, "datasource": s.settings(updated)})
}

// update replaces the settings of a data source. Secrets that are not sent are kept.
func (s *sources) update(uid string, sent sourceSettings) (provision.DataSource, int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	source, err := s.find(uid)
	if err != nil {
		return source, http.StatusNotFound, err
	}
	if !source.Editable {
		return source, http.StatusForbidden, fmt.Errorf("data source %q is provisioned and read-only; set editable: true in its file to save it here", source.Name)
	}
	source.Name, source.URL, source.User, source.Database = sent.Name, sent.URL, sent.User, sent.Database
	source.BasicAuth, source.BasicAuthUser = sent.BasicAuth, sent.BasicAuthUser
	source.JSONData = sent.JSONData
	secrets := maps.Clone(source.SecureJSONData)
	if secrets == nil {
		secrets = map[string]string{}
	}
	maps.Copy(secrets, sent.SecureJSONData)
	for key := range secrets {
		if stored, mentioned := sent.SecureJSONFields[key]; mentioned && !stored && sent.SecureJSONData[key] == "" {
			delete(secrets, key)
		}
	}
	source.SecureJSONData = secrets
	source.Version++
	source.Updated = time.Now()
	for i := range s.all {
		if s.all[i].UID == uid {
			s.all[i] = source
		}
	}
	return source, http.StatusOK, nil
}
