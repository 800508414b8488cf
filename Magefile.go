//go:build mage

// Build targets of the plugin's backend. `go tool mage -l` lists them, and `go tool mage` builds the backend for every
// supported platform into dist/.
package main

import (
	// mage:import
	build "github.com/grafana/grafana-plugin-sdk-go/build"
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
	// The SDK expects plugin.json in src/; this repository has it in its root.
	_ = build.SetBeforeBuildCallback(func(config build.Config) (build.Config, error) {
		config.PluginJSONPath = "."
		return config, nil
	})
}
