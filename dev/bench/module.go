package main

import (
	"fmt"
	"os"
	"os/exec"
)

// moduleSize measures what a browser loads before it shows anything of the plugin. Editors are loaded when they are opened.
func moduleSize(*responses) (result, error) {
	if out, err := exec.Command("npm", "run", "--silent", "build").CombinedOutput(); err != nil {
		return result{}, fmt.Errorf("cannot build the browser side: %w\n%s", err, out)
	}
	file, err := os.Stat("dist/module.js")
	if err != nil {
		return result{}, err
	}
	return under(200, float64(file.Size())/1000, 0, "kB", "minified, with the catalogue"), nil
}
