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

	"github.com/prometheus/procfs"
)

// Server is a running program with an empty database in its own directory.
type Server struct {
	URL     string
	Version string // as the program reports it

	dir     string
	process *exec.Cmd
}

// start runs a program on the PATH and waits until it is ready. flag is the one that prints its version. arguments returns
// the arguments for its directory and address.
func start(name, version, readyAt string, arguments func(dir, address string) ([]string, error)) (s *Server, err error) {
	program, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("the peer is not installed: %w", err)
	}
	about, err := exec.Command(program, version).CombinedOutput()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "falco-"+name)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	given, err := arguments(dir, address)
	if err != nil {
		return nil, err
	}
	s = &Server{URL: "http://" + address, Version: strings.TrimSpace(string(about)), dir: dir, process: exec.Command(program, given...)}
	var log bytes.Buffer
	s.process.Stderr = &log
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	if err := ready(s.URL+readyAt, 30*time.Second); err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s: %w: %s", name, err, log.String())
	}
	return s, nil
}

// Stop stops the server and removes its directory.
func (s *Server) Stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	os.RemoveAll(s.dir)
}

// CPU returns the CPU time that the server has used so far. It needs Linux.
func (s *Server) CPU() (time.Duration, error) {
	process, err := procfs.NewProc(s.process.Process.Pid)
	if err != nil {
		return 0, err
	}
	stat, err := process.Stat()
	return time.Duration(stat.CPUTime() * float64(time.Second)), err
}

// Prometheus is a real Prometheus server.
type Prometheus struct{ *Server }

// StartPrometheus starts the prometheus on the PATH with a configuration and further arguments, and waits until it is ready.
// An empty configuration scrapes nothing.
func StartPrometheus(config string, arguments ...string) (*Prometheus, error) {
	s, err := start("prometheus", "--version", "/-/ready", func(dir, address string) ([]string, error) {
		file := filepath.Join(dir, "prometheus.yml")
		return append([]string{
			"--config.file=" + file, "--web.listen-address=" + address, "--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.enable-remote-write-receiver", "--log.level=error",
		}, arguments...), os.WriteFile(file, []byte(config), 0o600)
	})
	if err != nil {
		return nil, err
	}
	s.Version = strings.Join(strings.Fields(s.Version)[:3], " ")
	return &Prometheus{s}, nil
}

// Write sends series to the server.
func (p *Prometheus) Write(all []Series) error { return RemoteWrite(p.URL+"/api/v1/write", all) }

// freeAddress returns an address that was free a moment ago.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// ready waits until a URL responds with 200.
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
