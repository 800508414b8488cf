// Package server starts real servers for tests and benchmarks, and fills them with samples by remote write.
package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Prometheus is a real server with an empty store in a directory of its own.
type Prometheus struct {
	URL     string
	Version string // as it says itself, in three words

	dir     string
	process *exec.Cmd
}

// StartPrometheus starts the program on the PATH, with a configuration (none to scrape nothing) and further arguments.
// It returns once the server says that it is ready.
func StartPrometheus(config string, arguments ...string) (p *Prometheus, err error) {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, fmt.Errorf("the peer is not installed: %w", err)
	}
	about, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "falco-prometheus")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p = &Prometheus{URL: "http://" + address, Version: strings.Join(strings.Fields(string(about))[:3], " "), dir: dir}
	var log bytes.Buffer
	p.process = exec.Command(program, append([]string{
		"--config.file=" + file, "--web.listen-address=" + address, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.enable-remote-write-receiver", "--log.level=error",
	}, arguments...)...)
	p.process.Stderr = &log
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	if err := ready(p.URL+"/-/ready", 30*time.Second); err != nil {
		p.Stop()
		return nil, fmt.Errorf("prometheus: %w: %s", err, log.String())
	}
	return p, nil
}

// Stop ends the server and takes its directory away.
func (p *Prometheus) Stop() {
	_ = p.process.Process.Kill()
	_ = p.process.Wait()
	os.RemoveAll(p.dir)
}

// Write sends whole series to the server.
func (p *Prometheus) Write(all []Series) error { return RemoteWrite(p.URL+"/api/v1/write", all) }

// freeAddress is one on which nobody listened a moment ago.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// ready waits until an address answers that all is well.
func ready(url string, most time.Duration) error {
	for deadline := time.Now().Add(most); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get(url); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("not ready within %s", most)
}
