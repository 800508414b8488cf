package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

const year = 365 * 24 * time.Hour

// heavyQuery is what one user sends at a time.
type heavyQuery struct {
	name   string
	query  map[string]any
	length time.Duration // of the range
	copies int           // requests at a time
	// refused is part of the error that every copy must get. Without it, answers and errors are both fine.
	refused string
	// brief means that it is a part of the short form.
	brief bool
}

func expr(text string) map[string]any {
	return map[string]any{"queryType": "promql", "expr": text, "instant": true}
}

// over makes a range query of an expression.
func over(text string) map[string]any { return map[string]any{"queryType": "promql", "expr": text} }

const (
	everything  = `{__name__=~".+"}`
	tooLong     = "limits.expressionSizeLimit is 65536 bytes"
	tooDeep     = "limits.expressionDepthLimit, which is 256"
	expressions = 64 << 10
)

var heavyQueries = []heavyQuery{
	{name: "185,000 nested calls", query: expr(strings.Repeat("abs(", 185_000) + "up" + strings.Repeat(")", 185_000)), copies: 4, refused: tooLong, brief: true},
	{name: "30,000 parentheses", query: expr(strings.Repeat("(", 30_000) + "1" + strings.Repeat(")", 30_000)), copies: 4, refused: tooDeep, brief: true},
	{name: "60,000 open parentheses", query: expr(strings.Repeat("(", 60_000)), copies: 4, refused: tooDeep, brief: true},
	{name: "60,000 minus signs", query: expr(strings.Repeat("-", 60_000) + "up"), copies: 4, refused: tooDeep, brief: true},
	{name: "legend of 1 MB", query: legend(130_000), copies: 4, refused: "the legend format has", brief: true},
	{name: "legends that repeat a label", query: legend(128), copies: 20},
	{name: "20,000 filters", query: map[string]any{"signals": "up", "filters": slices.Repeat([]map[string]string{{"key": "node", "operator": "!="}}, 20_000)}, copies: 4, refused: tooLong, brief: true},
	{name: "a signal 500,000 times", query: map[string]any{"signals": slices.Repeat([]string{"up"}, 500_000)}, copies: 4, brief: true},
	{name: "expression of 1 MB", query: expr("up" + strings.Repeat(" or up", 170_000)), copies: 4, refused: tooLong, brief: true},
	{name: "64 KB that parsers repeat", query: expr("up{" + strings.Repeat(`a!="b",`, 9000) + "}"), copies: 8},
	{name: "64 KB of arguments", query: expr("up or absent(" + strings.Repeat("1,", 30_000) + "1)"), copies: 8},
	{name: "64 KB of a regular expression", query: expr(`{__name__=~"` + strings.Repeat("(.*a.*)?", 7000) + `"}`), copies: 8},
	{name: "all series at every second of a year", query: expr("max_over_time(" + everything + "[1y:1s])"), copies: 20, brief: true},
	{name: "rate over a year of seconds", query: expr("rate((" + everything + " + 0)[1y:1s])"), copies: 8},
	{name: "subqueries in subqueries", query: expr("max_over_time(max_over_time(max_over_time(" + everything + "[1d:1s])[1d:1s])[1d:1s])"), copies: 8},
	{name: "all series", query: expr(everything), copies: 20},
	{name: "all series as time series", query: over(everything), length: 10 * time.Minute, copies: 20, brief: true},
	{name: "all series as table", query: map[string]any{"queryType": "promql", "expr": everything, "format": "table"}, length: time.Hour, copies: 20},
	{name: "join of all with all", query: over(everything + " + on(node) group_left() count by (node) (" + everything + ")"), length: 10 * time.Minute, copies: 8},
	{name: "a series of every value", query: over(`count_values("value", ` + everything + ")"), length: 10 * time.Minute, copies: 8, brief: true},
	{name: "label values of 60 KB", query: expr(`label_replace(` + everything + `, "x", "` + strings.Repeat("y", 60_000) + `", "", "")`), copies: 8, brief: true},
	{name: "label values that grow", query: expr(`label_replace(label_replace(label_replace(` + everything + `, "x", "` + strings.Repeat("$1", 1000) + `", "node", "(.*)"), "x", "` + strings.Repeat("$1", 1000) + `", "x", "(.*)"), "x", "` + strings.Repeat("$1", 1000) + `", "x", "(.*)")`), copies: 2, brief: true},
	{name: "joined label values that grow", query: expr(nest(12, everything, func(inner string) string {
		return `label_join(` + inner + `, "x", "-", "node", "x", "x", "x", "x", "x", "x", "x", "x")`
	})), copies: 2},
	{name: "health over ten years", query: map[string]any{"queryType": "health", "instant": false}, length: 10 * year, copies: 8, brief: true},
	{name: "all events of ten years", query: map[string]any{"queryType": "events"}, length: 10 * year, copies: 8},
	{name: "rules and inventory of ten years", query: map[string]any{"queryType": "rules"}, length: 10 * year, copies: 8},
}

// legend asks for all series with a legend that repeats a label.
func legend(times int) map[string]any {
	q := expr(everything)
	q["legendFormat"] = strings.Repeat("{{node}}", times)
	return q
}

func nest(times int, inner string, around func(string) string) string {
	for range times {
		inner = around(inner)
	}
	return inner
}

// load serves targets with many series, whose values change.
func load(targets, series int) (address string, close func(), err error) {
	names := make([]string, series)
	for i := range names {
		names[i] = fmt.Sprintf("falcosecurity_load_%d_total{cpu=\"%d\"} ", i%200, i)
	}
	var mu sync.Mutex
	scrapes := 0
	address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		scrapes++
		value := 1000 * scrapes
		mu.Unlock()
		w.Header().Set("Content-Type", contentType)
		var b strings.Builder
		b.WriteString(falco(strings.TrimPrefix(r.URL.Path, "/"), value))
		for i, name := range names {
			fmt.Fprintf(&b, "%s%d\n", name, value+i)
		}
		_, _ = io.WriteString(w, b.String())
	}))
	if err != nil {
		return "", nil, err
	}
	return address, func() { server.Close() }, nil
}

// queriesCase sends one heavy query after the other to a data source with much data.
func queriesCase(targets, series int, history time.Duration) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
		defer cancel()
		address, done, err := load(targets, series)
		if err != nil {
			return nil, err
		}
		defer done()
		var settings []map[string]any
		for i := range targets {
			settings = append(settings, map[string]any{"url": fmt.Sprintf("http://%s/load-%d", address, i)})
		}
		more := map[string]any{"scrapeInterval": "5s"}
		if s.short {
			more = map[string]any{"scrapeInterval": "1s", "limits": map[string]any{"queryTimeout": "3s"}}
		}
		if err := s.attack(ctx, settings, more); err != nil {
			return nil, err
		}
		start := time.Now()
		err = s.until(ctx, func() error {
			n, err := s.plugin.value(ctx, s.attacked, "modest", `count(up{node=~"load.*"} == 1)`)
			if err != nil {
				return err
			}
			if int(n) < targets || time.Since(start) < history {
				return fmt.Errorf("%.0f of %d targets are up", n, targets)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.quiet() // as long as the data source only scrapes
		var wrong []string
		for _, q := range heavyQueries {
			if !s.selected(q.name) || s.short && !q.brief {
				continue
			}
			row, err := s.heavy(ctx, q)
			fmt.Println(row)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %v", q.name, err))
			}
			if s.plugin.Dead() {
				break
			}
		}
		if len(wrong) > 0 {
			return nil, errors.New(strings.Join(wrong, "\n    "))
		}
		return nil, nil
	}
}

// heavy sends the copies of a query as one user, while the witness goes on.
func (s *stage) heavy(ctx context.Context, q heavyQuery) (row string, err error) {
	body, err := json.Marshal(q.query)
	if err != nil {
		return "", err
	}
	s.plugin.ResetPeakMemory()
	w := watch(s.plugin, s.attacked, s.healthy)
	start := time.Now()
	outcomes := make(chan string)
	for range q.copies {
		go func() {
			res, err := s.plugin.query(ctx, s.attacked, "greedy", max(q.length, time.Minute), string(body))
			outcomes <- outcome(res, err)
		}()
	}
	counts := map[string]int{}
	for range q.copies {
		counts[<-outcomes]++
	}
	took := time.Since(start)
	n := w.end()
	var said []string
	for text, count := range counts {
		said = append(said, fmt.Sprintf("%d × %s", count, text))
		if q.refused != "" && !strings.Contains(text, q.refused) {
			err = fmt.Errorf("expected to be refused because of %s: %s", q.refused, text)
		}
	}
	slices.Sort(said)
	row = s.report(q.name, took, n, strings.Join(said, "; "))
	return row, errors.Join(err, s.check(n))
}

// outcome says how a query ended, in a line.
func outcome(res backend.Responses, err error) string {
	if err != nil {
		return "failed: " + cutText(err.Error())
	}
	answer := res["Q0"]
	if answer.Error != nil {
		return "refused: " + cutText(answer.Error.Error())
	}
	rows := 0
	for _, f := range answer.Frames {
		rows += f.Rows()
	}
	if rows == 0 {
		return "answered with nothing"
	}
	return "answered"
}

// cutText shortens a text to a line of at most 160 bytes.
func cutText(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if len(text) > 160 {
		text = strings.ToValidUTF8(text[:160], "") + "…"
	}
	return text
}
