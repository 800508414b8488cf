package store

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"

	jsoniter "github.com/json-iterator/go"
)

// mostBytes bounds what is read of one answer, after decompression. What is kept of it is bounded in samples.
const mostBytes = 1 << 30

// ask sends a request to /api/v1/<path>, and has the answer's data decoded while it arrives.
func (s *Store) ask(ctx context.Context, path string, parameters url.Values, into *decoder) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	get := s.config.Method == http.MethodGet || strings.HasSuffix(path, "/values") || strings.HasPrefix(path, "status/")
	response, err := s.request(ctx, get, path, parameters)
	if err == nil && !get && (response.StatusCode == http.StatusMethodNotAllowed || response.StatusCode == http.StatusNotImplemented) {
		discard(response) // as Prometheus's own client does; the next may find POST at work, and long filters fit into that alone
		response, err = s.request(ctx, true, path, parameters)
	}
	if err != nil {
		return s.explain(ctx, err)
	}
	defer discard(response)
	if into.headers != nil {
		into.headers(response.Header)
	}
	s.victoria.Store(isVictoria(response.Header))
	// VictoriaMetrics sends samples as they were scraped as a stream.
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "application/json" && media != "application/stream+json" {
		start, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return statusFailure(response, string(start))
	}
	body := &bounded{from: response.Body, left: mostBytes}
	err = into.read(jsoniter.Parse(jsoniter.ConfigDefault, body, 64*1024))
	switch {
	case ctx.Err() != nil:
		return s.explain(ctx, ctx.Err())
	case body.err != nil:
		return s.explain(ctx, body.err)
	case into.status == "error" && response.StatusCode == http.StatusOK, into.status == "error" && into.errorType != "":
		return refused(response, into.errorType, into.message)
	case response.StatusCode/100 != 2:
		return statusFailure(response, into.message)
	case err != nil:
		return err
	case into.status != "success":
		return notTheAPI("JSON without a status of the API")
	}
	return nil
}

func (s *Store) request(ctx context.Context, get bool, path string, parameters url.Values) (*http.Response, error) {
	all := maps.Clone(s.config.Parameters)
	if all == nil {
		all = url.Values{}
	}
	maps.Copy(all, parameters)
	to := s.config.URL.JoinPath("api", "v1", path)
	// Parameters of the configured address, e.g. those of a proxy, go along in the address.
	fixed := to.Query()
	var body io.Reader
	method := http.MethodPost
	if get {
		method = http.MethodGet
		maps.Copy(all, fixed)
		to.RawQuery = all.Encode()
	} else {
		body = strings.NewReader(all.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, s.config.Header)
	request.Header.Set("Accept", "application/json")
	if !get {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// An empty list is not sent: it tells Go's client that the request may be repeated on a new connection.
		request.Header["Idempotency-Key"] = []string{}
	}
	return s.client.Do(request)
}

// discard reads the rest of a small answer, so that the connection can be used again, and closes it.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 64*1024)
	response.Body.Close()
}

// bounded is a body that ends with an error after a number of bytes; it keeps its error.
type bounded struct {
	from io.Reader
	left int64
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		err = tooLarge()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
