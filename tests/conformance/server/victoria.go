package server

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Victoria is a real VictoriaMetrics with an empty store in a directory of its own.
type Victoria struct {
	URL     string
	Version string

	dir     string
	process *exec.Cmd
}

// StartVictoria starts the program on the PATH. It returns once the server says that it is ready.
func StartVictoria() (v *Victoria, err error) {
	program, err := exec.LookPath("victoria-metrics")
	if err != nil {
		return nil, fmt.Errorf("the peer is not installed: %w", err)
	}
	about, err := exec.Command(program, "-version").CombinedOutput()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "falco-victoria")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	v = &Victoria{URL: "http://" + address, Version: strings.TrimSpace(string(about)), dir: dir}
	var log bytes.Buffer
	// What was written a moment ago is to be found, and nothing is put aside for later: answers of a moment are exact.
	v.process = exec.Command(program, "-httpListenAddr="+address, "-storageDataPath="+filepath.Join(dir, "data"),
		"-retentionPeriod=100y", "-search.latencyOffset=0s", "-search.disableCache", "-loggerLevel=ERROR", "-memory.allowedBytes=512MB")
	v.process.Stderr = &log
	if err := v.process.Start(); err != nil {
		return nil, err
	}
	if err := ready(v.URL+"/health", 30*time.Second); err != nil {
		v.Stop()
		return nil, fmt.Errorf("victoria-metrics: %w: %s", err, log.String())
	}
	return v, nil
}

// Stop ends the server and takes its directory away.
func (v *Victoria) Stop() {
	_ = v.process.Process.Kill()
	_ = v.process.Wait()
	os.RemoveAll(v.dir)
}

// Write sends whole series to the server, and makes them visible.
func (v *Victoria) Write(all []Series) error {
	if err := RemoteWrite(v.URL+"/api/v1/write", all); err != nil {
		return err
	}
	return ready(v.URL+"/internal/force_flush", 10*time.Second)
}
