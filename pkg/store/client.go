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

// maxBodyBytes limits one response body after decompression. Config.MaxSamples limits what is kept of it.
const maxBodyBytes = 1 << 30

// request sends a request to /api/v1/<path> and decodes the response while it arrives.
func (s *Store) request(ctx context.Context, path string, parameters url.Values, into *decoder) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	get := s.config.Method == http.MethodGet || strings.HasSuffix(path, "/values") || strings.HasPrefix(path, "status/")
	response, err := s.do(ctx, get, path, parameters)
	if err == nil && !get && (response.StatusCode == http.StatusMethodNotAllowed || response.StatusCode == http.StatusNotImplemented) {
		// Prometheus's own client falls back to GET as well. The next request tries POST again: only POST takes long filters.
		discard(response)
		response, err = s.do(ctx, true, path, parameters)
	}
	if err != nil {
		return s.explain(ctx, err)
	}
	defer discard(response)
	if into.headers != nil {
		into.headers(response.Header)
	}
	s.victoria.Store(isVictoria(response.Header))
	// VictoriaMetrics streams raw samples as application/stream+json.
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "application/json" && media != "application/stream+json" {
		start, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return statusFailure(response, string(start))
	}
	body := &limitedBody{from: response.Body, left: maxBodyBytes}
	err = into.decode(jsoniter.Parse(jsoniter.ConfigDefault, body, 64*1024))
	switch {
	case ctx.Err() != nil:
		return s.explain(ctx, ctx.Err())
	case body.err != nil:
		return s.explain(ctx, body.err)
	case into.status == "error" && response.StatusCode == http.StatusOK, into.status == "error" && into.errorType != "":
		return apiFailure(response, into.errorType, into.message)
	case response.StatusCode/100 != 2:
		return statusFailure(response, into.message)
	case err != nil:
		return err
	case into.status != "success":
		return notTheAPI("JSON without the API's status field")
	}
	return nil
}

// do sends one HTTP request. Parameters of the configured URL, such as those of a proxy, stay in the URL.
func (s *Store) do(ctx context.Context, get bool, path string, parameters url.Values) (*http.Response, error) {
	all := maps.Clone(s.config.Parameters)
	if all == nil {
		all = url.Values{}
	}
	maps.Copy(all, parameters)
	to := s.config.URL.JoinPath("api", "v1", path)
	var body io.Reader
	method := http.MethodPost
	if get {
		method = http.MethodGet
		maps.Copy(all, to.Query())
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
		// An empty list is not sent, but allows Go's client to repeat the request on a new connection.
		request.Header["Idempotency-Key"] = []string{}
	}
	return s.client.Do(request)
}

// discard reads the rest of a small body, so that the connection can be reused, and closes it.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 64*1024)
	response.Body.Close()
}

// limitedBody fails after a number of bytes and keeps its error, because the decoder drops it.
type limitedBody struct {
	from io.Reader
	left int64
	err  error
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		err = bodyTooLarge()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
