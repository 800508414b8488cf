package provision

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Dashboard is a dashboard file of a provider.
type Dashboard struct {
	UID, Title, Description, Folder string
	Tags                            []string
	JSON                            json.RawMessage
}

type providerFile struct {
	Providers []struct {
		Name    text `yaml:"name"`
		Folder  text `yaml:"folder"`
		Options tree `yaml:"options"`
	} `yaml:"providers"`
}

// Dashboards reads dashboards/*.yaml and every *.json file below the paths of the providers. A relative
// path starts at the working directory. The file name replaces a missing uid.
func Dashboards(folder string) ([]Dashboard, error) {
	folder = filepath.Join(folder, "dashboards")
	files, err := readAll[providerFile](folder)
	if err != nil {
		return nil, err
	}
	dashboards := []Dashboard{}
	for _, file := range files {
		for _, provider := range file.Providers {
			path, ok := provider.Options["path"].(string)
			if !ok || path == "" {
				return nil, fmt.Errorf("%s: provider %q: expected options.path, the folder of its dashboards; an unset variable is empty", folder, provider.Name)
			}
			found, err := readDashboards(path, string(provider.Folder))
			if err != nil {
				return nil, fmt.Errorf("%s: provider %q: %w", folder, provider.Name, err)
			}
			dashboards = append(dashboards, found...)
		}
	}
	return dashboards, nil
}

func readDashboards(root, folder string) ([]Dashboard, error) {
	var dashboards []Dashboard
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var head struct {
			UID, Title, Description string
			Tags                    []string
		}
		if err := json.Unmarshal(content, &head); err != nil {
			return fmt.Errorf("%s: expected a dashboard in JSON: %w", path, err)
		}
		if head.UID == "" {
			head.UID = strings.TrimSuffix(filepath.Base(path), ".json")
		}
		if head.Title == "" {
			return fmt.Errorf("%s: a dashboard needs a title", path)
		}
		dashboards = append(dashboards, Dashboard{
			UID: head.UID, Title: head.Title, Description: head.Description, Folder: folder, Tags: head.Tags, JSON: content,
		})
		return nil
	})
	return dashboards, err
}
