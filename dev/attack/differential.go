package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// differentialCase serves random responses, and compares what the plugin keeps with what Prometheus's parser reads. A response
// that Prometheus refuses may not disturb anybody.
func differentialCase(count int) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		bodies := make([]string, count)
		for i := range bodies {
			bodies[i] = randomBody(random)
		}
		address, server, err := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var i int
			_, _ = fmt.Sscanf(r.URL.Path, "/fuzz-%d", &i)
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, bodies[i])
		}))
		if err != nil {
			return nil, err
		}
		defer server.Close()
		var targets []map[string]any
		for i := range bodies {
			targets = append(targets, map[string]any{
				"url": fmt.Sprintf("http://%s/fuzz-%d", address, i), "labels": map[string]string{"node": fmt.Sprintf("fuzz-%d", i)},
				"kind": "falcosidekick", // whose values are escaped as Prometheus expects; Falco escapes nothing
			})
		}
		if err := s.attack(ctx, targets, nil); err != nil {
			return nil, err
		}
		compared, series, rejected := 0, 0, 0
		err = s.until(ctx, func() error {
			compared, series, rejected = 0, 0, 0
			kept, err := s.kept(ctx)
			if err != nil {
				return err
			}
			for i, body := range bodies {
				theirs, ok := prometheusReads(body)
				if !ok || differs.MatchString(body) {
					rejected++
					continue
				}
				compared++
				series += len(theirs)
				if err := equal(kept[fmt.Sprintf("fuzz-%d", i)], theirs); err != nil {
					return fmt.Errorf("seed %d, response %q: %w", seed, body, err)
				}
			}
			return nil
		})
		if err == nil && compared == 0 {
			err = errors.New("nothing was compared: Prometheus read none of the responses")
		}
		return []string{fmt.Sprintf("seed %d: %d responses with %d series are read as Prometheus does, %d are refused by Prometheus or differ on purpose", seed, compared, series, rejected)}, err
	}
}

// differs finds responses that the plugin reads differently on purpose: labels without a comma between them, which it takes for
// one value (see tests/corpora/exposition/README.md); a NUL byte, which ends the response for Prometheus's parser and costs its
// line here; a blank before a name, which Prometheus's parser makes part of the name.
var differs = regexp.MustCompile(`(?m)"[ \t]*[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=|\x00|^[ \t]+m`)

// selected are the series of the random responses. Frames leave out NaN, so notANumber finds it, with the name as a label.
const (
	selected   = `{__name__=~"m.*",node=~"fuzz.*"}`
	named      = `label_replace(` + selected + `, "metric", "$1", "__name__", "(.*)")`
	notANumber = named + ` != bool ` + named + ` == 1`
)

// kept returns the series that the plugin has of each node, without the labels that it adds.
func (s *stage) kept(ctx context.Context) (map[string]map[string]float64, error) {
	nodes := map[string]map[string]float64{}
	for _, query := range []string{selected, notANumber} {
		encoded, _ := json.Marshal(expr(query))
		res, err := s.plugin.query(ctx, s.attacked, "modest", time.Minute, string(encoded))
		if err != nil {
			return nil, err
		}
		if err := res["Q0"].Error; err != nil {
			return nil, err
		}
		for _, frame := range res["Q0"].Frames {
			for _, field := range frame.Fields {
				if len(field.Labels) == 0 || field.Len() == 0 {
					continue
				}
				v, err := field.FloatAt(field.Len() - 1)
				if err != nil {
					continue
				}
				l := labels.NewBuilder(labels.FromMap(field.Labels)).Del("node", "cluster", "kind")
				if query == notANumber {
					l.Set(model.MetricNameLabel, field.Labels["metric"]).Del("metric")
					v = math.NaN()
				}
				node := field.Labels["node"]
				if nodes[node] == nil {
					nodes[node] = map[string]float64{}
				}
				nodes[node][l.Labels().String()] = v
			}
		}
	}
	return nodes, nil
}

func equal(ours, theirs map[string]float64) error {
	for l, v := range theirs {
		if w, ok := ours[l]; !ok || w != v && !(math.IsNaN(w) && math.IsNaN(v)) {
			return fmt.Errorf("of %s, Prometheus reads %v, the plugin %v (%t)", l, v, w, ok)
		}
	}
	for l := range ours {
		if _, ok := theirs[l]; !ok {
			return fmt.Errorf("the plugin reads %s, Prometheus does not", l)
		}
	}
	return nil
}

// prometheusReads returns the series that Prometheus's parser reads, of equal ones the first. It reports false if the parser
// refuses the response.
func prometheusReads(body string) (map[string]float64, bool) {
	p := textparse.NewPromParser([]byte(body), labels.NewSymbolTable(), false)
	all := map[string]float64{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return all, true
		}
		if err != nil {
			return nil, false
		}
		if entry != textparse.EntrySeries {
			continue
		}
		_, _, value := p.Series()
		var l labels.Labels
		p.Labels(&l)
		if _, twice := l.HasDuplicateLabelNames(); twice || !strings.HasPrefix(l.Get(model.MetricNameLabel), "m") {
			continue
		}
		if key := l.WithoutEmpty().String(); !known(all, key) {
			all[key] = value
		}
	}
}

func known(all map[string]float64, key string) bool {
	_, ok := all[key]
	return ok
}

// randomBody writes a response that is mostly in the format, with the layouts that both readers take.
func randomBody(random *rand.Rand) string {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	var b strings.Builder
	for range 1 + random.IntN(8) {
		switch random.IntN(30) {
		case 0, 1, 2:
			b.WriteString(pick("# HELP m_total text \\\\ \\n \"quoted\"", "# TYPE m_total counter", "# a comment { \" }", "#", "", " "))
		case 3: // mutate
			line := randomSample(random)
			at := random.IntN(len(line))
			b.WriteString(line[:at] + pick("", "\"", "\\", "{", "}", ",", "=", " ", "\t", "\x00", "\xff", "é", "\r", "1", "m") + line[min(len(line), at+random.IntN(2)):])
		default:
			b.WriteString(randomSample(random))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func randomSample(random *rand.Rand) string {
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	var b strings.Builder
	b.WriteString(pick("m_total", "m", "m:rule", "m_2", "m_bucket"))
	if n := random.IntN(4); n > 0 {
		b.WriteString(pick("{", " {", "{ "))
		for i := range n {
			if i > 0 {
				b.WriteString(pick(",", ", ", " , "))
			}
			fmt.Fprintf(&b, "%s%s\"%s\"", pick("a", "b", "c", "le", "quantile"), pick("=", " = "),
				pick("", "x", "1", "a b", `\\`, `\"`, `\n`, `a\\b\"c`, "}", "{", ",", "=", "#", "é", "\u2028", "a,b=\\\"c\\\"", strings.Repeat("y", 300)))
		}
		b.WriteString(pick("}", ",}", " }"))
	}
	b.WriteString(pick(" ", "  ", "\t"))
	b.WriteString(pick("1", "0", "-1", "1.5", "1e3", "1E-3", ".5", "1.", "NaN", "+Inf", "-Inf", "Inf", "12345678901234567890", fmt.Sprint(random.NormFloat64())))
	b.WriteString(pick("", "", "", " 1790000000000", " -1"))
	return b.String()
}
