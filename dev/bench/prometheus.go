package main

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

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// prometheus is a real server with an empty store in a directory of its own.
type prometheus struct {
	url     string
	version string
	dir     string
	process *exec.Cmd
}

func startPrometheus() (p *prometheus, err error) {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, fmt.Errorf("the peer is not installed: %w", err)
	}
	about, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "falco-bench-prometheus")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p = &prometheus{url: "http://" + address, dir: dir}
	p.version = strings.Join(strings.Fields(string(about))[:3], " ")
	p.process = exec.Command(program, "--config.file="+config, "--web.listen-address="+address,
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.enable-remote-write-receiver", "--log.level=error")
	if err := p.process.Start(); err != nil {
		return nil, err
	}
	return p, p.wait(30 * time.Second)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// wait until the server says it is ready.
func (p *prometheus) wait(most time.Duration) error {
	for deadline := time.Now().Add(most); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get(p.url + "/-/ready"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	p.stop()
	return fmt.Errorf("prometheus was not ready within %s", most)
}

func (p *prometheus) stop() {
	p.process.Process.Kill()
	p.process.Wait()
	os.RemoveAll(p.dir)
}

// write sends samples of one time by remote write.
func (p *prometheus) write(at int64, samples []history.Sample) error {
	request := prompb.WriteRequest{Timeseries: make([]prompb.TimeSeries, len(samples))}
	for i, s := range samples {
		series := &request.Timeseries[i]
		s.Series.Labels().Range(func(l labels.Label) {
			series.Labels = append(series.Labels, prompb.Label{Name: l.Name, Value: l.Value})
		})
		series.Samples = []prompb.Sample{{Timestamp: at, Value: s.Value}}
	}
	raw, err := request.Marshal()
	if err != nil {
		return err
	}
	response, err := http.Post(p.url+"/api/v1/write", "application/x-protobuf", bytes.NewReader(snappy.Encode(nil, raw)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		why, _ := io.ReadAll(response.Body)
		return fmt.Errorf("remote write: %s: %s", response.Status, why)
	}
	return nil
}
