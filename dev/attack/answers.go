package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// badAnswer is what a hostile or broken target answers. serve writes the response around a good one.
type badAnswer struct {
	name  string
	serve func(w http.ResponseWriter, good string)
	// want is part of what the plugin says about the target: its message, or the first unreadable line.
	want string
	// down means that the target must not be up. Without it, all good samples must be there.
	down bool
	// slow means that a machine may be too slow for it within the timeout, which is then what the plugin says.
	slow bool
}

// text answers with a text instead of the good one.
func text(change func(good string) string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, good string) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, change(good))
	}
}

// line answers with one more line before the good ones.
func line(bad string) func(http.ResponseWriter, string) {
	return text(func(good string) string { return bad + "\n" + good })
}

// status answers with a status, headers and a short body.
func status(code int, headers ...string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		if code != http.StatusNotModified && code != http.StatusNoContent {
			_, _ = io.WriteString(w, "\u202eno\x00\x1b[31m\n"+strings.Repeat("very ", 1000))
		}
	}
}

// raw answers with bytes instead of HTTP, and closes the connection.
func raw(response func(good string) string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, good string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, response(good))
	}
}

// pour writes a block until the reader goes.
func pour(block string, pause time.Duration) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", contentType)
		for {
			if _, err := io.WriteString(w, block); err != nil {
				return
			}
			if pause > 0 {
				_ = http.NewResponseController(w).Flush()
				time.Sleep(pause)
			}
		}
	}
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(body)
	_ = z.Close()
	return out.Bytes()
}

func encoded(body []byte) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body)
	}
}

const sample = "falcosecurity_scap_n_evts_total"

// late is what the plugin says about a response that it did not have, or had not read, within the timeout.
var late = regexp.MustCompile("incomplete after|within the timeout|No response within")

// badAnswers are the kinds of bad answer. Those of one line must cost that line only.
var badAnswers = []badAnswer{
	{name: "garbage line", serve: line("~~~ this is garbage ~~~"), want: "~~~"},
	{name: "NUL byte", serve: line("falco\x00_total 1"), want: `\u0000`},
	{name: "binary line", serve: line("\xff\xfe\x01\x02"), want: "not a sample"},
	{name: "no value", serve: line(sample + `{cpu="0"}`), want: "cpu"},
	{name: "not a number", serve: line(sample + `{cpu="0"} many`), want: "many"},
	{name: "two samples run together", serve: line("a 42b_total 17"), want: "42b"},
	{name: "open label set", serve: line(sample + `{cpu="0"`), want: "cpu"},
	{name: "open label value", serve: line(sample + `{cpu="0 1`), want: "cpu"},
	{name: "label twice", serve: line(sample + `{a="1",a="2"} 7`), want: "a="},
	{name: "65 labels", serve: line(sample + "{" + strings.Repeat(`a="1",`, 65) + "} 1"), want: "limits.labelLimit"},
	{name: "long label value", serve: line(sample + `{a="` + strings.Repeat("x", 100_000) + `"} 1`), want: "limits.labelValueLengthLimit"},
	{name: "long name", serve: line(strings.Repeat("x", 100_000) + " 1"), want: "limits.labelValueLengthLimit"},
	{name: "control characters", serve: line("\x1b[31m\u202e\u2028 x y z"), want: `\u001b`},
	{name: "duplicate", serve: line(sample + " 1\n" + sample + " 2"), want: ""},
	{name: "line of 15 MB", serve: line(strings.Repeat("y", 15<<20)), want: "yyy", slow: true},
	{name: "15 MB of open label sets", serve: line(strings.Repeat(`a{b="`, 3<<20)), want: `a{b="`, slow: true},
	{name: "15 MB of lines with open label sets", serve: line(strings.Repeat(`a{b="c`+"\n", 2<<20)), want: "a{b=", slow: true},
	{name: "20,500 series", serve: text(func(string) string { return churn(20_500, 0) }), want: "limits.sampleLimit", down: true, slow: true},
	{name: "17 MB", serve: line(strings.Repeat("# "+strings.Repeat("z", 1000)+"\n", 17<<10)), want: "limits.bodySizeLimit", down: true, slow: true},
	{name: "endless", serve: pour(strings.Repeat("# endless\n", 1000), 0), want: "limits.bodySizeLimit", down: true, slow: true},
	{name: "slow drip", serve: pour("#\n", 50*time.Millisecond), want: "incomplete after", down: true},
	{name: "hangs", serve: func(http.ResponseWriter, string) { time.Sleep(time.Minute) }, want: "No response within", down: true},
	{name: "gzip bomb", serve: encoded(zipped(bytes.Repeat([]byte("#"), 64<<20))), want: "limits.bodySizeLimit", down: true, slow: true},
	{name: "not gzip", serve: encoded([]byte(strings.Repeat("plain", 100))), want: "gzip", down: true},
	{name: "cut-off gzip", serve: encoded(zipped([]byte(strings.Repeat("a 1\n", 1000)))[:20]), down: true},
	{name: "empty", serve: text(func(string) string { return "" }), down: true},
	{name: "HTML", serve: func(w http.ResponseWriter, _ string) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><script>alert(1)</script></html>")
	}, want: "HTML", down: true},
	{name: "redirect to metadata", serve: status(302, "Location", "http://169.254.169.254/latest/meta-data/"), want: "redirect", down: true},
	{name: "304", serve: status(304), want: "304", down: true},
	{name: "204", serve: status(204), down: true},
	{name: "401", serve: status(401, "WWW-Authenticate", "Basic realm=\"\u202ex\""), want: "401", down: true},
	{name: "404", serve: status(404), want: "404", down: true},
	{name: "429", serve: status(429, "Retry-After", "120"), want: "429", down: true},
	{name: "500", serve: status(500), want: "500", down: true},
	{name: "reset", serve: raw(func(string) string { return "" }), down: true},
	{name: "cut off", serve: raw(func(good string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, 2*len(good), good)
	}), down: true},
	{name: "bad chunk", serve: raw(func(good string) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + good
	}), down: true},
	{name: "not HTTP", serve: raw(func(string) string { return "SSH-2.0-OpenSSH_9.6\r\n\x00\x01" }), down: true},
	{name: "2 MB of headers", serve: raw(func(string) string {
		return "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 2000) + "\r\n"
	}), down: true, slow: true},
	{name: "endless 100 Continue", serve: raw(func(string) string { return strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100_000) }), down: true},
}

// churn returns samples of series that have not been there before.
func churn(series int, generation int64) string {
	var b strings.Builder
	for i := range series {
		fmt.Fprintf(&b, "falcosecurity_churn_total{generation=\"%d\",n=\"%d\"} %d\n", generation, i, i)
	}
	return b.String()
}

// entry is what the resource targets says about a target, as far as it is read here.
type entry struct {
	Address, State, Message string
	Samples, Unreadable     int
	Duplicates              int
	Problems                []struct{ Reason, Text string }
}

// entries asks for the state of every target.
func (s *stage) entries(ctx context.Context) (map[string]entry, error) {
	code, body, err := s.plugin.resource(ctx, s.attacked, http.MethodGet, "targets", nil, nil)
	if err != nil || code != http.StatusOK {
		return nil, fmt.Errorf("targets: %d %s %w", code, body, err)
	}
	var answer struct{ Data []entry }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	byPath := map[string]entry{}
	for _, e := range answer.Data {
		byPath[e.Address[strings.LastIndex(e.Address, "/")+1:]] = e
	}
	return byPath, nil
}

// answersCase lets every kind of bad answer be scraped next to healthy targets.
func answersCase(s *stage) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		_, _ = fmt.Sscanf(r.URL.Path, "/bad-%d", &i)
		badAnswers[i].serve(w, falco(fmt.Sprintf("bad-%d", i), 1000))
	}))
	if err != nil {
		return nil, err
	}
	defer server.Close()
	var targets []map[string]any
	for i := range badAnswers {
		targets = append(targets, map[string]any{"url": fmt.Sprintf("http://%s/bad-%d", address, i)})
	}
	if err := s.attack(ctx, targets, map[string]any{"scrapeTimeout": "5s"}); err != nil {
		return nil, err
	}
	good := strings.Count(falco("x", 1), "# TYPE")
	var rows []string
	return rows, s.until(ctx, func() error {
		if err := s.touch(ctx); err != nil {
			return err
		}
		found, err := s.entries(ctx)
		if err != nil {
			return err
		}
		rows = nil
		var wrong []string
		for i, bad := range badAnswers {
			e := found[fmt.Sprintf("bad-%d", i)]
			said := e.Message
			if said == "" && len(e.Problems) > 0 {
				said = e.Problems[0].Reason + ": " + e.Problems[0].Text
			}
			rows = append(rows, fmt.Sprintf("%s: %s, %d samples, %d lines refused, %d duplicates: %s", bad.name, e.State, e.Samples, e.Unreadable, e.Duplicates, said))
			switch {
			case bad.slow && late.MatchString(e.Message):
			case bad.down == (e.State == "up"), !bad.down && e.Samples < good, bad.down && said == "", !strings.Contains(said, bad.want), strings.ContainsAny(said, "\x00\x1b\n\u202e\u2028"):
				wrong = append(wrong, rows[len(rows)-1])
			}
		}
		if len(wrong) > 0 {
			return fmt.Errorf("%d kinds of bad answer are not read as expected:\n    %s", len(wrong), strings.Join(wrong, "\n    "))
		}
		return nil
	})
}

// churnCase serves new series at every scrape: series over sampleLimit, which are refused, and below it, which are kept as long
// as retention.size allows.
func churnCase(series int, scrapes int) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		var generation atomic.Int64
		first := rand.Int64N(1 << 40)
		address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, churn(series, first+generation.Add(1)))
		}))
		if err != nil {
			return nil, err
		}
		defer server.Close()
		var targets []map[string]any
		for i := range 4 {
			targets = append(targets, map[string]any{"url": fmt.Sprintf("http://%s/churn-%d", address, i)})
		}
		if err := s.attack(ctx, targets, everySecond); err != nil {
			return nil, err
		}
		err = s.until(ctx, func() error {
			if n := generation.Load(); n < int64(scrapes) {
				return fmt.Errorf("%d of %d scrapes", n, scrapes)
			}
			return s.touch(ctx)
		})
		if err != nil {
			return nil, err
		}
		found, err := s.entries(ctx)
		if err != nil {
			return nil, err
		}
		rows := []string{fmt.Sprintf("%d scrapes with %d new series each: %s %s", generation.Load(), series, found["churn-0"].State, found["churn-0"].Message)}
		said := found["churn-0"].Message
		if over := series > 20_000; over != strings.Contains(said, "limits.sampleLimit") && !late.MatchString(said) {
			return rows, fmt.Errorf("the target over sampleLimit is not refused as such: %s", said)
		}
		return rows, nil
	}
}
