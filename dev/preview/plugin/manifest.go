// Package plugin runs the backend of a data source plugin like Grafana: the real binary, over
// hashicorp/go-plugin.
package plugin

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Manifest is the content of plugin.json.
type Manifest struct {
	ID, Name, Type, Executable, Version string
	// JSON is the complete plugin.json. The page uses its logos and flags.
	JSON json.RawMessage
	// Binary is the path of the backend for this platform.
	Binary string
	Folder string
}

// ReadManifest reads the plugin.json of a built plugin.
func ReadManifest(folder string) (Manifest, error) {
	path := filepath.Join(folder, "plugin.json")
	content, err := os.ReadFile(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("expected a built plugin in %s: %w; build it first, or set its folder with --plugin", folder, err)
	}
	var file struct {
		ID, Name, Type, Executable string
		Info                       struct{ Version string }
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", path, err)
	}
	if file.ID == "" || file.Executable == "" {
		return Manifest{}, fmt.Errorf("%s: expected id and executable, found id %q and executable %q", path, file.ID, file.Executable)
	}
	return Manifest{
		ID: file.ID, Name: file.Name, Type: file.Type, Executable: file.Executable, Version: file.Info.Version,
		JSON: content, Binary: filepath.Join(folder, binaryName(file.Executable)), Folder: folder,
	}, nil
}

func binaryName(executable string) string {
	name := fmt.Sprintf("%s_%s_%s", executable, runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}
