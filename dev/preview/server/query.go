package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

// metricRequest is the body of POST /api/ds/query.
type metricRequest struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Queries []json.RawMessage `json:"queries"`
}

// querySource is the data source of a query: `{uid}`, or only the uid in old queries.
type querySource struct{ UID string }

func (s *querySource) UnmarshalJSON(content []byte) error {
	if json.Unmarshal(content, &s.UID) == nil {
		return nil
	}
	type object querySource
	return json.Unmarshal(content, (*object)(s))
}

// group holds the queries of a request for one data source.
type group struct {
	uid     string
	queries []backend.DataQuery
}

// parseQueries groups the queries of a request by data source, in the order of their first query. Times
// are epoch milliseconds or relative (`now-1h`). Absent fields get Grafana's defaults: refId A, 100
// points, an interval of one second.
func parseQueries(body []byte) ([]group, error) {
	var request metricRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("expected a JSON object with from, to and queries: %w", err)
	}
	if len(request.Queries) == 0 {
		return nil, errors.New("no queries found: expected at least one in queries")
	}
	now := time.Now()
	var groups []group
	for i, raw := range request.Queries {
		var head struct {
			RefID         string                     `json:"refId"`
			QueryType     string                     `json:"queryType"`
			Datasource    querySource                `json:"datasource"`
			IntervalMS    *float64                   `json:"intervalMs"`
			MaxDataPoints *int64                     `json:"maxDataPoints"`
			TimeRange     *struct{ From, To string } `json:"timeRange"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return nil, fmt.Errorf("queries[%d]: %w", i, err)
		}
		if head.Datasource.UID == "" {
			return nil, fmt.Errorf("queries[%d]: expected datasource.uid", i)
		}
		from, to := request.From, request.To
		if head.TimeRange != nil {
			from, to = head.TimeRange.From, head.TimeRange.To
		}
		times, err := parseTimes(from, to, now)
		if err != nil {
			return nil, fmt.Errorf("queries[%d]: %w", i, err)
		}
		query := backend.DataQuery{
			RefID: "A", QueryType: head.QueryType, MaxDataPoints: 100, Interval: time.Second, TimeRange: times, JSON: raw,
		}
		if head.RefID != "" {
			query.RefID = head.RefID
		}
		if head.MaxDataPoints != nil {
			query.MaxDataPoints = *head.MaxDataPoints
		}
		if head.IntervalMS != nil {
			query.Interval = time.Duration(*head.IntervalMS * float64(time.Millisecond))
		}
		groups = add(groups, head.Datasource.UID, query)
	}
	return groups, nil
}

func add(groups []group, uid string, query backend.DataQuery) []group {
	for i := range groups {
		if groups[i].uid == uid {
			groups[i].queries = append(groups[i].queries, query)
			return groups
		}
	}
	return append(groups, group{uid: uid, queries: []backend.DataQuery{query}})
}

func parseTimes(from, to string, now time.Time) (backend.TimeRange, error) {
	times := gtime.TimeRange{From: from, To: to, Now: now}
	start, err := times.ParseFrom()
	if err != nil {
		return backend.TimeRange{}, fmt.Errorf("expected from as epoch milliseconds or now-…, found %q", from)
	}
	end, err := times.ParseTo()
	if err != nil {
		return backend.TimeRange{}, fmt.Errorf("expected to as epoch milliseconds or now-…, found %q", to)
	}
	return backend.TimeRange{From: start.UTC(), To: end.UTC()}, nil
}

// forwardedHeaders copies the headers that Grafana forwards to plugins: FromAlert under exactly this name,
// with the headers that alerting sends with it, and every X- header with the SDK's prefix.
func forwardedHeaders(incoming http.Header, orgID int64) *backend.QueryDataRequest {
	request := &backend.QueryDataRequest{Headers: map[string]string{}}
	for name := range incoming {
		if strings.HasPrefix(name, "X-") {
			request.SetHTTPHeader(name, incoming.Get(name))
		}
	}
	if value := incoming.Get(backend.FromAlertHeaderName); value != "" {
		request.Headers[backend.FromAlertHeaderName] = value
		request.Headers["X-Cache-Skip"] = "true"
		request.Headers["X-Grafana-Org-Id"] = fmt.Sprint(orgID)
	}
	return request
}

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	groups, err := parseQueries(body)
	if err != nil {
		writeError(w, http.StatusBadRequest, err.Error())
		return
	}
	sources := make([]provision.DataSource, len(groups))
	for i, group := range groups {
		if sources[i], err = s.sources.get(group.uid); err != nil {
			writeError(w, http.StatusNotFound, err.Error())
			return
		}
	}
	merged := backend.NewQueryDataResponse()
	var mutex sync.Mutex
	var running sync.WaitGroup
	for i, group := range groups {
		running.Go(func() {
			responses := s.queryPlugin(r.Context(), r.Header, sources[i], group)
			mutex.Lock()
			defer mutex.Unlock()
			for refID, response := range responses {
				merged.Responses[refID] = response
			}
		})
	}
	running.Wait()
	status := http.StatusOK
	for _, response := range merged.Responses {
		if response.Error != nil {
			status = http.StatusBadRequest
		}
	}
	writeJSON(w, status, merged)
}

// queryPlugin sends one group to the plugin. If the call fails, every query gets the error.
func (s *server) queryPlugin(ctx context.Context, headers http.Header, source provision.DataSource, group group) backend.Responses {
	request := forwardedHeaders(headers, source.OrgID)
	request.PluginContext = s.pluginContext(source)
	request.Queries = group.queries
	response, err := s.call(ctx, source, request)
	if err == nil {
		return response.Responses
	}
	s.Logger.Error("query failed", "datasource", source.UID, "error", err)
	responses := backend.Responses{}
	for _, query := range group.queries {
		responses[query.RefID] = backend.ErrDataResponse(backend.StatusInternal, err.Error())
	}
	return responses
}

func (s *server) call(ctx context.Context, source provision.DataSource, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	if source.Type != s.Manifest.ID {
		return nil, s.otherPlugin(source)
	}
	return s.Backend.QueryData(ctx, request)
}

func (s *server) otherPlugin(source provision.DataSource) error {
	return fmt.Errorf("data source %q has the type %s, but the preview runs only the plugin %s", source.Name, source.Type, s.Manifest.ID)
}
