package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/datasource"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const (
	scaleInterval = 15 * time.Second
	scaleMeasured = 60 * time.Second
	scalePort     = 18765
)

// scraping measures the CPU time, in percent of one CPU, that the plugin needs to scrape a number of targets every 15
// seconds over HTTP. Another process serves the targets, each at its own address, and measures how regular the requests
// are. The goal is that no scrape is missed, and that all are within 100 ms of their planned time, so that their samples
// have that time.
func scraping(targets int) func(*responses) (result, error) {
	return func(*responses) (result, error) {
		stop, list, err := startServer(targets)
		if err != nil {
			return result{}, err
		}
		defer stop()
		pool := scrape.NewManager(scrape.ManagerOptions{})
		defer pool.Close()
		settings := fmt.Sprintf(`{"targets": [{"url": %q, "discovery": "http", "allowLoopback": true}], "retention": {"size": "4GB"}}`, list)
		made, err := datasource.Factory(pool, receiver.NewRecorder())(context.Background(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(settings)})
		if err != nil {
			return result{}, err
		}
		d := made.(*datasource.Instance)
		defer d.Dispose()
		if _, err := queryValue(context.Background(), d, "count(up == 1)"); err != nil { // starts scraping
			return result{}, err
		}
		time.Sleep(2 * scaleInterval)
		cpu, began := cpuSeconds(), time.Now()
		time.Sleep(scaleMeasured)
		share := (cpuSeconds() - cpu) / time.Since(began).Seconds()
		kept, err := punctualitySince(list, began)
		if err != nil {
			return result{}, err
		}
		return scaleResult(d, targets, share, kept)
	}
}

// punctuality tells how well the requests to targets kept to the interval.
type punctuality struct {
	Missed int           // there was no request within half an interval of the planned time
	Late   int           // requests more than onTime from their planned time, early ones included
	Most   time.Duration // the largest difference from a planned time
}

// onTime is the largest difference from the planned time with which a sample gets that time.
const onTime = 100 * time.Millisecond

// punctualitySince asks the server of the targets for the punctuality since a time. list is the URL of their list.
func punctualitySince(list string, since time.Time) (p punctuality, err error) {
	response, err := http.Get(fmt.Sprintf("%s?since=%d", strings.Replace(list, targetsPath, punctualityPath, 1), since.UnixNano()))
	if err != nil {
		return p, err
	}
	defer response.Body.Close()
	return p, json.NewDecoder(response.Body).Decode(&p)
}

func scaleResult(d *datasource.Instance, targets int, share float64, kept punctuality) (result, error) {
	window := fmt.Sprintf("[%ds]", int(scaleMeasured.Seconds()))
	figures := map[string]float64{}
	for name, expr := range map[string]string{
		"up":      "count(up == 1)",
		"least":   "min(count_over_time(up" + window + "))",
		"onTime":  "avg(abs(timestamp(up) - timestamp(up offset 15s) - 15) < bool 0.001)",
		"longest": "max(max_over_time(scrape_duration_seconds" + window + "))",
		"samples": "sum(scrape_samples_scraped)",
	} {
		var err error
		if figures[name], err = queryValue(context.Background(), d, expr); err != nil {
			return result{}, fmt.Errorf("%s: %w", expr, err)
		}
	}
	if int(figures["up"]) != targets {
		return result{}, fmt.Errorf("%.0f of %d targets respond", figures["up"], targets)
	}
	met := figures["onTime"] == 1 && figures["least"] >= scaleMeasured.Seconds()/scaleInterval.Seconds()
	note := fmt.Sprintf("%.0f samples per scrape of all targets, %.2f %% on time, at most %.1f ms early or late, longest scrape %.0f ms, process %.0f MB",
		figures["samples"], 100*figures["onTime"], float64(kept.Most.Microseconds())/1000, 1000*figures["longest"], fromSystem()/1e6)
	return result{ours: 100 * share, unit: "% of one CPU", goal: "every scrape on time", met: met, note: note}, nil
}

// queryValue returns the current value of an expression with a single value.
func queryValue(ctx context.Context, d *datasource.Instance, expr string) (float64, error) {
	query, err := json.Marshal(map[string]any{"expr": expr, "instant": true})
	if err != nil {
		return 0, err
	}
	now := time.Now()
	res, err := d.QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: query, Interval: scaleInterval, MaxDataPoints: 1, TimeRange: backend.TimeRange{From: now.Add(-time.Minute), To: now},
	}}})
	if err != nil {
		return 0, err
	}
	response := res.Responses["A"]
	switch {
	case response.Error != nil:
		return 0, response.Error
	case len(response.Frames) == 0 || len(response.Frames[0].Fields) == 0:
		return 0, nil
	}
	return response.Frames[0].Fields[0].FloatAt(0)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// startServer starts another process of this program that serves a number of targets. list is the URL of their list.
func startServer(targets int) (stop func(), list string, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	child := exec.Command(program, "--serve", strconv.Itoa(targets))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := child.Start(); err != nil {
		return nil, "", err
	}
	stop = func() { _ = child.Process.Kill(); _ = child.Wait() }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return nil, "", errors.New("the server of the targets did not start")
	}
	return stop, strings.TrimSpace(line), nil
}

const targetsPath, punctualityPath = "/targets", "/punctuality"

// serve serves a number of targets, each at its own address, until the process ends. It prints the URL of their list, which
// is in the format of Prometheus's HTTP service discovery. The same server answers punctualitySince.
func serve(targets int) error {
	var addresses []string
	received := make([]requests, targets)
	for i := range targets {
		address := fmt.Sprintf("127.0.%d.%d:%d", 1+i/250, 1+i%250, scalePort)
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		addresses = append(addresses, address)
		go func() { _ = http.Serve(listener, metricsHandler(mix.New(i), &received[i])) }()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc(targetsPath, func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode([]map[string]any{{"targets": addresses, "labels": map[string]string{"cluster": "bench"}}})
	})
	http.HandleFunc(punctualityPath, func(w http.ResponseWriter, r *http.Request) {
		since, _ := strconv.ParseInt(r.FormValue("since"), 10, 64)
		var all punctuality
		now := time.Now()
		for i := range received {
			p := received[i].punctuality(time.Unix(0, since), now)
			all = punctuality{all.Missed + p.Missed, all.Late + p.Late, max(all.Most, p.Most)}
		}
		_ = json.NewEncoder(w).Encode(all)
	})
	fmt.Printf("http://%s%s\n", listener.Addr(), targetsPath)
	return http.Serve(listener, nil)
}

// requests holds the times of the requests to a target.
type requests struct {
	mu    sync.Mutex
	times []time.Time
}

func (r *requests) add() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, time.Now())
}

// punctuality judges the requests in a period. The planned times are an interval apart, with as many requests before them as
// after them.
func (r *requests) punctuality(since, until time.Time) (p punctuality) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, _ := slices.BinarySearchFunc(r.times, since, time.Time.Compare)
	times := r.times[from:]
	if len(times) == 0 {
		p.Missed = int(until.Sub(since) / scaleInterval)
		return p
	}
	var offsets []time.Duration
	for _, t := range times {
		offsets = append(offsets, t.Sub(times[0])-t.Sub(times[0]).Round(scaleInterval))
	}
	slices.Sort(offsets)
	planned := times[0].Add(offsets[len(offsets)/2])
	requested := map[time.Duration]bool{}
	for _, t := range times {
		slot := t.Sub(planned).Round(scaleInterval)
		requested[slot] = true
		off := (t.Sub(planned) - slot).Abs()
		p.Most = max(p.Most, off)
		if off > onTime {
			p.Late++
		}
	}
	for slot := time.Duration(0); planned.Add(slot + scaleInterval/2).Before(until); slot += scaleInterval {
		if !requested[slot] {
			p.Missed++
		}
	}
	return p
}

// metricsHandler serves the metrics of a node as Falco does.
func metricsHandler(node *mix.Node, received *requests) http.Handler {
	var names []string
	for _, line := range strings.Split(strings.TrimSpace(string(zeros(node))), "\n") {
		if name := strings.TrimSuffix(line, " 0"); !strings.HasPrefix(name, "up{") && !strings.HasPrefix(name, "scrape_") {
			names = append(names, name)
		} else {
			names = append(names, "")
		}
	}
	var mu sync.Mutex
	values := make([]float64, len(node.Series))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		received.add()
		mu.Lock()
		defer mu.Unlock()
		node.Scrape(values)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		out := bufio.NewWriter(w)
		for i, name := range names {
			if name != "" {
				metric, _, _ := strings.Cut(name, "{")
				fmt.Fprintf(out, "# HELP %s https://falco.org/docs/metrics/\n# TYPE %s counter\n%s %s\n", metric, metric, name, model.SampleValue(values[i]))
			}
		}
		_ = out.Flush()
	})
}
