package server

import (
	"path/filepath"
	"time"
)

// Victoria is a real VictoriaMetrics server.
type Victoria struct{ *Server }

// StartVictoria starts the victoria-metrics on the PATH and waits until it is ready.
func StartVictoria() (*Victoria, error) {
	s, err := start("victoria-metrics", "-version", "/health", func(dir, address string) ([]string, error) {
		// Recent samples are visible immediately, and results are not cached, so that values are exact.
		return []string{
			"-httpListenAddr=" + address, "-storageDataPath=" + filepath.Join(dir, "data"),
			"-retentionPeriod=100y", "-search.latencyOffset=0s", "-search.disableCache", "-loggerLevel=ERROR", "-memory.allowedBytes=512MB",
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &Victoria{s}, nil
}

// Write sends series to the server and makes them visible.
func (v *Victoria) Write(all []Series) error {
	if err := RemoteWrite(v.URL+"/api/v1/write", all); err != nil {
		return err
	}
	return ready(v.URL+"/internal/force_flush", 10*time.Second)
}
