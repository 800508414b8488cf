package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/datasource"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const (
	alertSecret = "benchmark"
	// alertNodes is the number of nodes that send alerts, each of alertRules rules.
	alertNodes, alertRules = 100, 12
	// Alerts before the measurement: more than the receiver remembers to recognise duplicates.
	alertWarmUp, alertCount = 250_000, 250_000

	disturbance      = 2000 // alerts per second
	disturbedTargets = 20
	disturbedRounds  = 20
	disturbedQueries = 100 // in each round, undisturbed and disturbed
)

// alertSender posts alerts to the handler of a data source, each different from all before.
type alertSender struct {
	datasource *datasource.Instance
	count      int
}

// post sends the next alert, as Falcosidekick does: one in a request.
func (s *alertSender) post() error {
	body := fmt.Appendf(nil, `{"uuid":"%08d-5bd1-4f5c-8f0e-5a7f3ad8a6b1","output":"A shell was spawned in a container with an attached terminal (evt_type=execve user=root container_id=3ad7b26ded6d process=bash parent=runc command=bash terminal=34816)",`+
		`"priority":"Notice","rule":"Rule %d","time":%q,"output_fields":{"container.id":"3ad7b26ded6d","evt.time":1796040000123456789,"evt.type":"execve","proc.cmdline":"bash","proc.pname":"runc","proc.name":"bash","user.name":"root"},`+
		`"source":"syscall","tags":["container","maturity_stable","mitre_execution","shell","T1059"],"hostname":"node-%d"}`,
		s.count, s.count%alertRules, time.Now().UTC().Format(time.RFC3339Nano), s.count%alertNodes)
	s.count++
	status := 0
	request := &backend.CallResourceRequest{
		Path: "alerts", URL: "alerts", Method: http.MethodPost, Body: body,
		Headers: map[string][]string{receiver.SecretHeader: {alertSecret}, "Content-Type": {"application/json"}},
	}
	err := s.datasource.CallResource(context.Background(), request, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		status = r.Status
		return nil
	}))
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("alert %d: status %d", s.count, status)
	}
	return err
}

// openWithReceiver opens a data source with an alert receiver. list is the URL of its targets.
func openWithReceiver(list string) (d *datasource.Instance, closeAll func(), err error) {
	pool := scrape.NewManager(scrape.ManagerOptions{})
	settings := fmt.Sprintf(`{"targets": [{"url": %q, "discovery": "http", "allowLoopback": true}], "scrapeInterval": "1s", "scrapeTimeout": "1s", "receiver": {"enabled": true, "rateLimit": 1e9}}`, list)
	made, err := datasource.Factory(pool, receiver.NewRecorder())(context.Background(), backend.DataSourceInstanceSettings{
		UID: "bench", JSONData: json.RawMessage(settings), DecryptedSecureJSONData: map[string]string{"receiverSecret": alertSecret},
	})
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	d = made.(*datasource.Instance)
	return d, func() { d.Dispose(); pool.Close() }, nil
}

// acceptAlerts measures the CPU time of one core that an alert needs inside the handler of the backend, and how much the heap
// grows from many of them.
func acceptAlerts(*responses) (result, error) {
	d, closeAll, err := openWithReceiver("http://127.0.0.1:9/targets") // nothing listens there
	if err != nil {
		return result{}, err
	}
	defer closeAll()
	sender := &alertSender{datasource: d}
	send := func(count int) error {
		for range count {
			if err := sender.post(); err != nil {
				return err
			}
		}
		return nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if err := send(alertWarmUp); err != nil {
		return result{}, err
	}
	before, cpu := heap(), cpuSeconds()
	if err := send(alertCount); err != nil {
		return result{}, err
	}
	each := (cpuSeconds() - cpu) / alertCount
	grown := heap() - before
	note := fmt.Sprintf("%.0f alerts per second on one core; heap %.1f MB after %d alerts, %+.1f MB after %d more",
		1/each, before/1e6, alertWarmUp, grown/1e6, alertCount)
	return under(1e6/20_000, 1e6*each, 0, "µs", note), nil
}

// queryDuringAlerts measures the 99th percentile of the time of a query while alerts arrive. The peer is the same query
// without alerts; both take turns.
func queryDuringAlerts(*responses) (result, error) {
	stop, list, err := startServer(disturbedTargets)
	if err != nil {
		return result{}, err
	}
	defer stop()
	d, closeAll, err := openWithReceiver(list)
	if err != nil {
		return result{}, err
	}
	defer closeAll()
	const expr = "sum(rate(falcosecurity_scap_n_drops_total[1m])) / sum(rate(falcosecurity_scap_n_evts_total[1m])) or vector(0)"
	if _, err := queryValue(context.Background(), d, expr); err != nil { // starts scraping
		return result{}, err
	}
	time.Sleep(time.Minute) // fills the window
	sender := &alertSender{datasource: d}
	times := [2][]float64{}
	for range disturbedRounds {
		for i, disturbed := range []bool{false, true} {
			end := func() error { return nil }
			if disturbed {
				end = sender.keepPosting(disturbance)
			}
			for range disturbedQueries {
				began := time.Now()
				if _, err := queryValue(context.Background(), d, expr); err != nil {
					return result{}, err
				}
				times[i] = append(times[i], float64(time.Since(began).Microseconds())/1000)
				time.Sleep(5 * time.Millisecond) // queries arrive at any moment between two alerts
			}
			if err := end(); err != nil {
				return result{}, err
			}
		}
	}
	alone, during := percentile(times[0], 0.99), percentile(times[1], 0.99)
	note := fmt.Sprintf("99th percentile of %d queries while %d alerts arrived; medians %.2f ms and %.2f ms",
		len(times[1]), sender.count, percentile(times[1], 0.5), percentile(times[0], 0.5))
	return atMost(2, during, alone, "ms", note), nil
}

// keepPosting posts alerts at a rate until end is called, which returns the first error.
func (s *alertSender) keepPosting(perSecond int) (end func() error) {
	done, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		began, sent := time.Now(), 0
		for {
			select {
			case <-done:
				failed <- nil
				return
			case <-ticker.C:
				for ; float64(sent) < time.Since(began).Seconds()*float64(perSecond); sent++ {
					if err := s.post(); err != nil {
						failed <- err
						return
					}
				}
			}
		}
	}()
	return func() error { close(done); return <-failed }
}

func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(p*float64(len(sorted)-1))]
}
