//go:build mage

// The build targets of the plugin's server side; `go tool mage -l` lists them, `go tool mage`
// builds for every system that the plugin is shipped for, into dist/.
package main

import (
	// mage:import
	build "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/magefile/mage/mg"
)

// Default is what `go tool mage` does.
var Default = Release

// Release builds production executables for Linux, macOS and Windows, each on amd64 and arm64.
func Release() {
	b := build.Build{}
	mg.SerialDeps(b.Linux, b.LinuxARM64, b.Darwin, b.DarwinARM64, b.Windows, mg.F(b.Custom, "windows", "arm64"))
}

func init() {
	// The SDK looks for plugin.json under src/; ours lies at the root.
	_ = build.SetBeforeBuildCallback(func(config build.Config) (build.Config, error) {
		config.PluginJSONPath = "."
		return config, nil
	})
}
