package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/dev/process"
)

// hostileNames are label names and other values that try to become a part of a path, a query or a header.
var hostileNames = []string{
	"..", "../../admin", "..%2f..%2fx", "..%252F..%252Fx", "%2e%2e%2f", "..\\..\\admin", "a/b", "a%00b", "a\r\nX-Evil: 1", "a%0d%0aX-Evil:%201",
	"a?match[]=x", "a#b", "a;b", "\u2028", "\u202e", "\xff\xfe", "", strings.Repeat("a", 70_000), "http://169.254.169.254/", "//evil.example/x", "U__x", "__name__", "node",
}

// resourcesCase lets one user ask for the list of many targets, many times at once.
func resourcesCase(targets, requests int) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			listed := make([]string, targets)
			for i := range listed {
				listed[i] = fmt.Sprintf("127.1.%d.%d:9", i/250, 1+i%250) // nothing listens there
			}
			_ = json.NewEncoder(w).Encode([]map[string]any{{"targets": listed}})
		}))
		if err != nil {
			return nil, err
		}
		defer server.Close()
		if err := s.attack(ctx, []map[string]any{{"url": "http://" + address, "discovery": "http", "allowLoopback": true}}, nil); err != nil {
			return nil, err
		}
		statuses := make(chan int)
		for range requests {
			go func() {
				status, _, err := s.plugin.resource(ctx, s.attacked, http.MethodGet, "targets", nil, nil)
				if err != nil {
					status = 0
				}
				statuses <- status
			}()
		}
		counts := map[int]int{}
		for range requests {
			counts[<-statuses]++
		}
		_, body, err := s.plugin.resource(ctx, s.attacked, http.MethodGet, "targets", nil, nil)
		if err == nil && len(body) < 100*targets {
			err = fmt.Errorf("the list of targets has %d bytes: expected %d targets", len(body), targets)
		}
		return []string{fmt.Sprintf("%d requests for %d bytes: %v", requests, len(body), counts)}, err
	}
}

// pathsCase asks for resources with hostile names, in Prometheus mode, whose server records what reaches it.
func pathsCase(s *stage) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const prefix = "/select/1/prometheus/"
	var mu sync.Mutex
	var strange []string
	requests := 0
	address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests++
		if path := r.URL.Path; !strings.HasPrefix(path, prefix+"api/v1/") || strings.Contains(path, "..") || r.Header.Get("X-Evil") != "" || strings.Count(path, "/") > 8 {
			strange = append(strange, r.RequestURI)
		}
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		data := "[]"
		if strings.Contains(r.URL.Path, "query") {
			data = `{"resultType": "vector", "result": []}`
		}
		_, _ = io.WriteString(w, `{"status": "success", "data": `+data+`}`)
	}))
	if err != nil {
		return nil, err
	}
	defer server.Close()
	prometheus := process.NewSource("prometheus", map[string]any{"mode": "prometheus", "prometheus": map[string]any{"url": "http://" + address + prefix}})
	statuses := map[int]int{}
	var wrong []string
	for _, of := range []source{prometheus, s.attacked} {
		for _, name := range hostileNames {
			for _, written := range []string{name, url.PathEscape(name), url.PathEscape(url.PathEscape(name))} {
				for _, path := range []string{"labels/" + written + "/values", "labels/node/values?filters=" + url.QueryEscape(fmt.Sprintf(`[{"key": %q, "operator": "=", "value": %q}]`, name, name)), "live?targets=" + written, "export?format=" + written, written} {
					status, body, err := s.plugin.resource(ctx, of, http.MethodGet, path, nil, nil)
					if err != nil {
						continue // the plugin's SDK refuses what is no URL
					}
					statuses[status]++
					if status == http.StatusInternalServerError || strings.Contains(string(body), "root:") {
						wrong = append(wrong, fmt.Sprintf("%s: %d %s", cutText(path), status, cutText(string(body))))
					}
				}
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	rows := []string{fmt.Sprintf("%d requests reached the server, all within %s: %t; statuses: %v", requests, prefix+"api/v1/", len(strange) == 0, statuses)}
	if requests == 0 {
		wrong = append(wrong, "no request reached the server, so nothing is shown")
	}
	if len(strange) > 0 || len(wrong) > 0 {
		return rows, fmt.Errorf("strange requests: %q; %s", strange, strings.Join(wrong, "; "))
	}
	return rows, nil
}
