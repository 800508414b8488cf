package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/dev/process"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
)

const receiverSecret = "the secret of the campaign"

// alertOf is an alert as Falco's http_output sends it.
func alertOf(node, rule string, at time.Time) map[string]any {
	return map[string]any{"hostname": node, "rule": rule, "priority": "Notice", "source": "syscall", "time": at.UTC().Format(time.RFC3339Nano), "output": "x"}
}

// receiverCase posts hostile bodies, without and with the secret, and floods the receiver for some time.
func receiverCase(flood time.Duration) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), flood+time.Minute)
		defer cancel()
		s.attacked = process.NewSource("receiver", merge(s.healthy, nil, map[string]any{"scrapeInterval": "1s", "receiver": map[string]any{"enabled": true}}))
		s.attacked.Secure = map[string]string{"receiverSecret": receiverSecret}
		if err := s.touch(ctx); err != nil {
			return nil, err
		}
		right := map[string][]string{receiver.SecretHeader: {receiverSecret}}
		post := func(path string, headers map[string][]string, body []byte) (int, string) {
			status, answer, err := s.plugin.resource(ctx, s.attacked, http.MethodPost, path, headers, body)
			if err != nil {
				return 0, err.Error()
			}
			return status, string(answer)
		}
		one, _ := json.Marshal(alertOf("healthy-0", "Known", time.Now()))
		forged := map[string][]string{receiver.SecretHeader: {receiverSecret + "\x00"}}
		var rows, wrong []string
		for _, c := range []struct {
			name, path string
			headers    map[string][]string
			body       []byte
			statuses   []int
		}{
			{"an alert", "alerts", right, one, []int{204}},
			{"no secret", "alerts", nil, one, []int{401}},
			{"forged secret", "alerts", forged, one, []int{401}},
			{"wrong secret in the URL", "alerts?secret=x", nil, one, []int{401}},
			{"empty secret", "alerts?secret=", map[string][]string{receiver.SecretHeader: {""}}, one, []int{401}},
			{"garbage", "alerts", right, []byte("\x00\xff{{{"), []int{400}},
			{"deep JSON", "alerts", right, []byte(strings.Repeat("[", 1<<20)), []int{400}},
			{"no alert", "alerts", right, []byte(`{"a": 1}`), []int{400}},
			{"10,001 alerts", "alerts", right, []byte("[" + strings.Repeat(string(one)+",", 10_000) + string(one) + "]"), []int{400}},
			{"rule of 1 MB", "alerts", right, []byte(strings.Replace(string(one), "Known", strings.Repeat("x", 1<<20), 1)), []int{400}},
			// Grafana's plugin protocol refuses messages of more than 16 MB before the plugin sees them.
			{"17 MB", "alerts", right, []byte(strings.Repeat(" ", 17<<20)), []int{413, 0}},
			{"replayed", "alerts", right, one, []int{204}},
		} {
			status, said := post(c.path, c.headers, c.body)
			rows = append(rows, fmt.Sprintf("%s: %d %s", c.name, status, cutText(said)))
			if !slices.Contains(c.statuses, status) || strings.Contains(said, receiverSecret) {
				wrong = append(wrong, rows[len(rows)-1])
			}
		}
		counts := s.flood(flood, post, right)
		rows = append(rows, fmt.Sprintf("flood of new nodes for %s: %v", flood, counts))
		// Soon after, an alert of a known series counts.
		_ = s.until(ctx, func() error {
			body, _ := json.Marshal(alertOf("healthy-0", "Known", time.Now()))
			if status, said := post("alerts", right, body); status != http.StatusNoContent {
				return fmt.Errorf("%d %s", status, said)
			}
			return nil
		})
		err := s.until(ctx, func() error {
			for expr, least := range map[string]float64{
				fmt.Sprintf(`sum(%s{node="healthy-0",rule="Known"})`, receiver.AlertsReceived): 2,
				fmt.Sprintf(`sum(%s{node="healthy-0"})`, receiver.DuplicateAlerts):             1,
				"sum(" + receiver.RefusedRequests + ")":                                        8,
			} {
				if v, err := s.plugin.value(ctx, s.attacked, "modest", expr); err != nil || v < least {
					return fmt.Errorf("%s is %v: expected at least %v: %w", expr, v, least, err)
				}
			}
			return nil
		})
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		series, err := s.plugin.value(ctx, s.attacked, "modest", "count("+receiver.AlertsReceived+")")
		if err != nil || series > 10_000 {
			wrong = append(wrong, fmt.Sprintf("%v series of received alerts, and receiver.seriesLimit is 10000 (%v)", series, err))
		}
		rows = append(rows, fmt.Sprintf("%.0f series of received alerts", series))
		if len(wrong) > 0 {
			return rows, fmt.Errorf("%s", strings.Join(wrong, "\n    "))
		}
		return rows, nil
	}
}

// flood posts batches of alerts from nodes that have not been there before, from four senders at a time.
func (s *stage) flood(length time.Duration, post func(string, map[string][]string, []byte) (int, string), headers map[string][]string) map[int]int {
	counts := map[int]int{}
	var mu sync.Mutex
	var running sync.WaitGroup
	end := time.Now().Add(length)
	for sender := range 4 {
		running.Go(func() {
			for batch := 0; time.Now().Before(end); batch++ {
				var alerts []map[string]any
				for i := range 500 {
					alerts = append(alerts, alertOf(fmt.Sprintf("flood-%d-%d-%d-%s", sender, batch, i, strings.Repeat("x", 500)), fmt.Sprint(i), time.Now()))
				}
				body, _ := json.Marshal(alerts)
				status, _ := post("alerts", headers, body)
				mu.Lock()
				counts[status]++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return counts
}
