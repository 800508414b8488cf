package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/samples"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

// queryServer writes the samples to a real Prometheus and sends it the queries. Without one there is no result.
func queryServer(q question) (answers []answer, version string, err error) {
	if _, err := exec.LookPath("prometheus"); err != nil {
		return nil, "", nil
	}
	p, err := server.StartPrometheus("")
	if err != nil {
		return nil, "", err
	}
	defer p.Stop()
	written := make([]server.Series, 0, len(q.Series))
	for _, s := range q.Series {
		one := server.Series{Labels: labels.FromMap(s.Labels), Times: s.Times}
		for _, v := range s.Values {
			one.Values = append(one.Values, float64(v))
		}
		written = append(written, one)
	}
	if err := p.Write(written); err != nil {
		return nil, "", err
	}
	for _, one := range q.Queries {
		seconds := func(ms int64) string { return fmt.Sprintf("%.3f", float64(ms)/1000) }
		a, err := askRange(p.URL, url.Values{
			"query": {withoutDurations(one.Expr)}, "start": {seconds(one.Start)}, "end": {seconds(one.End)}, "step": {seconds(one.Step)},
		})
		if err != nil {
			return nil, "", err
		}
		answers = append(answers, a)
	}
	return answers, p.Version, nil
}

// withoutDurations replaces durations that are used as numbers, as in "/ 60s", which Prometheus before 3.0 does not support.
func withoutDurations(expr string) string {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return expr
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if n, ok := node.(*parser.NumberLiteral); ok {
			n.Duration = false
		}
		return nil
	})
	return parsed.String()
}

func askRange(address string, query url.Values) (answer, error) {
	response, err := http.PostForm(address+"/api/v1/query_range", query)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	var got struct {
		Error string
		Data  struct{ Result model.Matrix }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return answer{}, err
	}
	out := answer{Error: got.Error, Series: []samples.Series{}}
	for _, s := range got.Data.Result {
		one := samples.Series{Labels: map[string]string{}}
		for name, value := range s.Metric {
			one.Labels[string(name)] = string(value)
		}
		for _, p := range s.Values {
			one.Times = append(one.Times, int64(p.Timestamp))
			one.Values = append(one.Values, samples.Number(p.Value))
		}
		out.Series = append(out.Series, one)
	}
	return out, nil
}
