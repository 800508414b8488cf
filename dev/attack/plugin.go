package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"

	"github.com/falco-metrics/falco-metrics-datasource/dev/process"
)

// plugin is a running backend, spoken to as Grafana does.
type plugin struct{ *process.Process }

type source = process.Source

// query sends queries over a range that ends now. Without a login it is an alert rule's.
func (p *plugin) query(ctx context.Context, s source, login string, length time.Duration, queries ...string) (backend.Responses, error) {
	now := time.Now()
	req := &backend.QueryDataRequest{PluginContext: s.Context(login)}
	if login == "" {
		req.Headers = map[string]string{backend.FromAlertHeaderName: "true"}
	}
	for i, q := range queries {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: "Q" + strconv.Itoa(i), JSON: json.RawMessage(q), Interval: time.Second, MaxDataPoints: 11_000,
			TimeRange: backend.TimeRange{From: now.Add(-length), To: now},
		})
	}
	answer, err := p.Data.QueryData(ctx, backend.ToProto().QueryDataRequest(req), process.CallOptions...)
	if err != nil {
		return nil, err
	}
	res, err := backend.FromProto().QueryDataResponse(answer)
	if err != nil {
		return nil, err
	}
	return res.Responses, nil
}

// value returns the last number of an instant query.
func (p *plugin) value(ctx context.Context, s source, login, expr string) (float64, error) {
	query, _ := json.Marshal(map[string]any{"queryType": "promql", "expr": expr, "instant": true})
	res, err := p.query(ctx, s, login, time.Minute, string(query))
	if err != nil {
		return 0, err
	}
	answer := res["Q0"]
	if answer.Error != nil {
		return 0, answer.Error
	}
	if len(answer.Frames) == 0 || len(answer.Frames[0].Fields) == 0 || answer.Frames[0].Rows() == 0 {
		return 0, errors.New("no value")
	}
	fields := answer.Frames[0].Fields
	return fields[len(fields)-1].FloatAt(0)
}

// resource calls a resource. path and url are sent as they are, as Grafana's proxy of resources does.
func (p *plugin) resource(ctx context.Context, s source, method, path string, headers map[string][]string, body []byte) (status int, answer []byte, err error) {
	name, _, _ := strings.Cut(path, "?")
	stream, err := p.Resources.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: s.Context("attacker"), Method: method, Path: name, URL: path, Headers: headers, Body: body,
	}), process.CallOptions...)
	if err != nil {
		return 0, nil, err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return status, answer, nil
		}
		if err != nil {
			return 0, nil, err
		}
		status, answer = responseOf(part, status, answer)
	}
}

func responseOf(part *pluginv2.CallResourceResponse, status int, answer []byte) (int, []byte) {
	if part.Code != 0 {
		status = int(part.Code)
	}
	return status, append(answer, part.Body...)
}
