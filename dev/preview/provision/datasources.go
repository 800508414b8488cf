package provision

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// DataSource is a data source of datasources/*.yaml with its variables expanded.
type DataSource struct {
	UID, Name, Type, URL, User, Database string
	OrgID                                int64
	BasicAuth                            bool
	BasicAuthUser                        string
	IsDefault, Editable                  bool
	JSONData                             json.RawMessage
	SecureJSONData                       map[string]string
	Version                              int
	Updated                              time.Time
}

type dataSourceFile struct {
	Datasources []struct {
		UID            text   `yaml:"uid"`
		Name           text   `yaml:"name"`
		Type           text   `yaml:"type"`
		URL            text   `yaml:"url"`
		User           text   `yaml:"user"`
		Database       text   `yaml:"database"`
		OrgID          number `yaml:"orgId"`
		BasicAuth      truth  `yaml:"basicAuth"`
		BasicAuthUser  text   `yaml:"basicAuthUser"`
		IsDefault      truth  `yaml:"isDefault"`
		Editable       truth  `yaml:"editable"`
		JSONData       tree   `yaml:"jsonData"`
		SecureJSONData texts  `yaml:"secureJsonData"`
	} `yaml:"datasources"`
}

// DataSources reads datasources/*.yaml in a provisioning folder.
func DataSources(folder string, now time.Time) ([]DataSource, error) {
	folder = filepath.Join(folder, "datasources")
	files, err := readAll[dataSourceFile](folder)
	if err != nil {
		return nil, err
	}
	var sources []DataSource
	taken := map[string]string{}
	for _, file := range files {
		for _, entry := range file.Datasources {
			if entry.Name == "" || entry.Type == "" {
				return nil, fmt.Errorf("%s: a data source needs a name and a type, found name %q and type %q", folder, entry.Name, entry.Type)
			}
			if entry.JSONData == nil {
				entry.JSONData = tree{}
			}
			jsonData, err := json.Marshal(entry.JSONData)
			if err != nil {
				return nil, fmt.Errorf("%s: jsonData of %q: %w", folder, entry.Name, err)
			}
			source := DataSource{
				UID: string(entry.UID), Name: string(entry.Name), Type: string(entry.Type), URL: string(entry.URL),
				User: string(entry.User), Database: string(entry.Database), OrgID: int64(entry.OrgID),
				BasicAuth: bool(entry.BasicAuth), BasicAuthUser: string(entry.BasicAuthUser),
				IsDefault: bool(entry.IsDefault), Editable: bool(entry.Editable),
				JSONData: jsonData, SecureJSONData: entry.SecureJSONData, Version: 1, Updated: now,
			}
			if source.OrgID == 0 {
				source.OrgID = 1
			}
			if source.UID == "" {
				source.UID = generateUID(source.Name)
			}
			if other, found := taken[source.UID]; found {
				return nil, fmt.Errorf("%s: uid %q is used by %q and by %q; change one of them", folder, source.UID, other, source.Name)
			}
			taken[source.UID] = source.Name
			sources = append(sources, source)
		}
	}
	return sources, nil
}

// generateUID returns the uid that Grafana generates for a provisioned data source without one.
func generateUID(name string) string {
	digest := sha256.Sum256([]byte(name))
	return strings.ToUpper(fmt.Sprintf("P%x", digest[:8]))
}
