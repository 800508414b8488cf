package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/datasource"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const openSets = 50_000

// openLabelSets measures the reading of label sets that are not closed. The peer is half as many: the time must not grow faster
// than the response.
func openLabelSets(*responses) (result, error) {
	read := func(count int) func() error {
		body := []byte(strings.Repeat(`a{b="c`+"\n", count))
		return func() error {
			if parsed, why := newReader().Read(body); why != nil || len(parsed.Samples) > 0 {
				return errors.New("label sets that are not closed were read")
			}
			return nil
		}
	}
	var ours, peers []float64
	for range parsingRounds {
		twice, err := loop(read(2 * openSets))
		if err != nil {
			return result{}, err
		}
		once, err := loop(read(openSets))
		if err != nil {
			return result{}, err
		}
		ours, peers = append(ours, twice), append(peers, once)
	}
	return atMost(2.5, median(ours), median(peers), "µs", "peer is half as many"), nil
}

// liveOpenLabelSets is openLabelSets in the browser.
func liveOpenLabelSets(*responses) (result, error) {
	var r struct{ Once, Twice float64 }
	err := runScript(&r, "node", "--import", "tsx", "dev/bench/live/hostile.ts", fmt.Sprint(openSets))
	return atMost(2.5, r.Twice, r.Once, "µs", "peer is half as many"), err
}

// refusedSeries measures what a reader keeps of a target that has more new series than limits.sampleLimit at every scrape.
func refusedSeries(*responses) (result, error) {
	const scrapes, series = 20, 20_500
	before := heap()
	r := newReader()
	for scrape := range scrapes {
		var body strings.Builder
		for i := range series {
			fmt.Fprintf(&body, "falcosecurity_x_total{scrape=\"%d\",i=\"%d\"} 1\n", scrape, i)
		}
		if _, why := r.Read([]byte(body.String())); why == nil {
			return result{}, errors.New("more samples than limits.sampleLimit were read")
		}
	}
	kept := heap() - before
	runtime.KeepAlive(r)
	return under(1, max(0, kept)/1e6, 0, "MB", fmt.Sprintf("%d scrapes with %d new series each", scrapes, series)), nil
}

// longList measures the memory for the targets of a list that is ten times as long as limits.targetLimit.
func longList(*responses) (result, error) {
	const used = 5000
	var groups [1]struct {
		Targets []string `json:"targets"`
	}
	for i := range 10 * used {
		groups[0].Targets = append(groups[0].Targets, fmt.Sprintf("127.%d.%d.%d:9", 1+i/62_500, i/250%250, 1+i%250)) // nothing listens there
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(groups) }))
	defer server.Close()
	before := heap()
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	settings := fmt.Sprintf(`{"targets": [{"url": %q, "discovery": "http", "allowLoopback": true}]}`, server.URL)
	made, err := datasource.Factory(pool, receiver.NewRecorder())(context.Background(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(settings)})
	if err != nil {
		return result{}, err
	}
	d := made.(*datasource.Instance)
	defer d.Dispose()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
		found, err := queryValue(context.Background(), d, "count(up)")
		if err == nil && found == used {
			break
		}
		if time.Now().After(deadline) {
			return result{}, fmt.Errorf("%v of %d targets have been scraped: %w", found, used, err)
		}
	}
	return under(200, (heap()-before)/1e6, 0, "MB", fmt.Sprintf("%d of %d listed targets", used, 10*used)), nil
}

// deepExpression measures how long it takes to refuse an expression that would overflow the stack of a parser.
func deepExpression(*responses) (result, error) {
	const deep = 185_000
	expr := strings.Repeat("abs(", deep) + "up" + strings.Repeat(")", deep)
	bounds := query.Bounds{Size: 1 << 20, Depth: 256} // long enough that its depth is what is refused
	took, err := loop(func() error {
		if bounds.Check(expr) == nil {
			return errors.New("the expression was accepted")
		}
		return nil
	})
	return under(10_000, took, 0, "µs", ""), err
}

// lightQuery measures a light query of one user while another has twenty heavy ones running all the time. The peer is the
// same query before.
func lightQuery(*responses) (result, error) {
	stop, list, err := startServer(20)
	if err != nil {
		return result{}, err
	}
	defer stop()
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	settings := fmt.Sprintf(`{"scrapeInterval": "1s", "targets": [{"url": %q, "discovery": "http", "allowLoopback": true}]}`, list)
	made, err := datasource.Factory(pool, receiver.NewRecorder())(context.Background(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(settings)})
	if err != nil {
		return result{}, err
	}
	d := made.(*datasource.Instance)
	defer d.Dispose()
	if _, err := queryAs(context.Background(), d, "modest", "count(up)"); err != nil { // starts scraping
		return result{}, err
	}
	time.Sleep(scaleInterval)
	before, err := percentile99(d)
	if err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var heavy sync.WaitGroup
	for range 20 {
		heavy.Go(func() {
			for ctx.Err() == nil {
				_, _ = queryAs(ctx, d, "greedy", `max_over_time({__name__=~".+"}[1y:1s])`)
			}
		})
	}
	time.Sleep(time.Second)
	during, err := percentile99(d)
	cancel()
	heavy.Wait()
	return under(1000, during, before, "ms", "peer is the same query before"), err
}

// percentile99 returns the 99th percentile of the time of a light query, in milliseconds.
func percentile99(d *datasource.Instance) (float64, error) {
	var times []float64
	for range 200 {
		start := time.Now()
		if _, err := queryAs(context.Background(), d, "modest", "count(up)"); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(start).Microseconds())/1000)
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(times)
	return times[len(times)*99/100-1], nil
}

// queryAs is queryValue on behalf of a user.
func queryAs(ctx context.Context, d *datasource.Instance, login, expr string) (float64, error) {
	return queryValue(backend.WithPluginContext(ctx, backend.PluginContext{User: &backend.User{Login: login}}), d, expr)
}
