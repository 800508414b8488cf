package main

import (
	"fmt"
	"os"
	"os/exec"
)

// moduleSize is what a browser loads before it shows anything of the plugin; editors come when they are opened.
func moduleSize(*answers) (result, error) {
	if out, err := exec.Command("npm", "run", "--silent", "build").CombinedOutput(); err != nil {
		return result{}, fmt.Errorf("the browser side was not built: %w\n%s", err, out)
	}
	file, err := os.Stat("dist/module.js")
	if err != nil {
		return result{}, err
	}
	return under(200, float64(file.Size())/1000, 0, "kB", "minified, the catalogue in it"), nil
}
