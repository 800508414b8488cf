//go:build mage

// Build targets of the plugin's backend. `go tool mage -l` lists them, and `go tool mage` builds the backend for every
// supported platform into dist/.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	// mage:import
	build "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/magefile/mage/mg"
)

// Default is the target of `go tool mage`.
var Default = Release

// Release builds the production executables for Linux, macOS and Windows on amd64 and arm64.
func Release() {
	b := build.Build{}
	mg.SerialDeps(b.Linux, b.LinuxARM64, b.Darwin, b.DarwinARM64, b.Windows, mg.F(b.Custom, "windows", "arm64"))
}

func init() {
	_ = build.SetBeforeBuildCallback(func(config build.Config) (build.Config, error) {
		// The SDK expects plugin.json in src/; this repository has it in its root.
		config.PluginJSONPath = "."
		// The SDK also calls this without an environment, when it builds nothing.
		if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" && config.Env != nil {
			return reproducible(config, epoch)
		}
		return config, nil
	})
}

// reproducible makes executables of one commit equal on every machine: they contain the time of the commit, in Unix
// seconds, instead of the time of the build, and no paths of the machine.
func reproducible(config build.Config, epoch string) (build.Config, error) {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return config, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	var plugin, pkg struct{ ID, Version string }
	for name, value := range map[string]any{"plugin.json": &plugin, "package.json": &pkg} {
		text, err := os.ReadFile(name)
		if err != nil {
			return config, err
		}
		if err := json.Unmarshal(text, value); err != nil {
			return config, fmt.Errorf("%s: %w", name, err)
		}
	}
	config.CustomVars = map[string]string{}
	buildinfo.Info{Time: seconds * 1000, PluginID: plugin.ID, Version: pkg.Version}.AppendFlags(config.CustomVars)
	config.Env["GOFLAGS"] = os.Getenv("GOFLAGS") + " -trimpath"
	return config, nil
}
