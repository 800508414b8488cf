package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// CheckResult is what the health check says about the Prometheus server and the settings for it.
type CheckResult struct {
	// Summary names the product and the targets it scrapes.
	Summary string
	// Problems make figures wrong. Suggestions do not. Each is a sentence or two.
	Problems, Suggestions []string
}

// The scrape interval is measured from so many targets and over so much time.
const (
	measuredTargets = 5
	measuredTime    = 5 * time.Minute
)

// Check checks everything but the states of the targets.
func (s *Store) Check(ctx context.Context) (CheckResult, error) {
	var (
		c                                CheckResult
		flavour                          promapi.Flavour
		interval                         time.Duration
		info, hosts, replicas, restarted promql.Vector
		exporters                        promql.Vector
		now                              = s.now()
		q                                = s.newQueries(ctx, now)
		reading                          = s.config.Catalogue.Reading
		id                               = s.config.Identity
		falcos                           = s.config.kindSelector(target.KindFalco)
	)
	metric := func(name string) string {
		return s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name))
	}
	q.run(func(ctx context.Context) error {
		flavour, _ = s.client.Flavour(ctx) // optional: some servers do not have it
		return nil
	})
	q.run(func(ctx context.Context) (err error) {
		interval, err = s.measureInterval(ctx, now)
		return err
	})
	q.run(func(ctx context.Context) (err error) {
		exporters, err = s.nodeExporterHosts(ctx, now)
		return err
	})
	q.evaluate(falcos.String(), storeIn(&info))
	q.evaluate(metric(reading.Host.Metric), storeIn(&hosts))
	q.evaluate(fmt.Sprintf("max(count by (%s, __name__) (%s))", id.targetLabels(), falcos), storeIn(&replicas))
	// A start time that falls belongs to another process. In a crash loop it only rises.
	q.evaluate(fmt.Sprintf("max by (%s) (resets(%s[10m])) > 2", id.targetLabels(), metric(reading.Start.Metric)), storeIn(&restarted))
	if err := q.Wait(); err != nil {
		return c, err
	}
	info = largestMetric(info)
	c.Summary = fmt.Sprintf("%s has %s.", flavour, s.describeTargets())
	c.checkIdentity(id, info)
	c.checkReplicas(replicas, info)
	for _, sample := range restarted {
		c.problem("Several Falcos answer in turn at the address %s, so rates are meaningless. Let Prometheus discover the pods, through a headless Service (clusterIP: None) or a PodMonitor.", s.targetKey(sample.Metric).instance)
	}
	c.checkJobs(s.Targets(), s.config)
	if interval > 0 && math.Abs(interval.Seconds()/s.config.Interval.Seconds()-1) > 0.2 {
		c.problem("The Prometheus server scrapes Falco every %s, but scrapeInterval is %s. Set it to %s, because the windows of rates depend on it.",
			signals.FormatDuration(interval), signals.FormatDuration(s.config.Interval), signals.FormatDuration(interval))
	}
	c.suggestIdentity(id, info, hosts, reading.Host.Label)
	s.suggestNodeExporterLabel(&c, info, exporters)
	return c, nil
}

// largestMetric returns the samples of the metric that most targets have. Any one of several metrics identifies a Falco.
func largestMetric(vector promql.Vector) promql.Vector {
	byName := map[string]promql.Vector{}
	for _, sample := range vector {
		name := sample.Metric.Get(model.MetricNameLabel)
		byName[name] = append(byName[name], sample)
	}
	var largest promql.Vector
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if len(byName[name]) > len(largest) {
			largest = byName[name]
		}
	}
	return largest
}

func (c *CheckResult) problem(format string, values ...any) {
	c.Problems = append(c.Problems, fmt.Sprintf(format, values...))
}

func (c *CheckResult) suggest(format string, values ...any) {
	c.Suggestions = append(c.Suggestions, fmt.Sprintf(format, values...))
}

// describeTargets counts the targets by kind and names their jobs.
func (s *Store) describeTargets() string {
	counts, jobs := map[string]int{}, map[string][]string{}
	for _, t := range s.Targets() {
		counts[t.Kind]++
		if t.Configured != "" && !slices.Contains(jobs[t.Kind], t.Configured) {
			jobs[t.Kind] = append(jobs[t.Kind], t.Configured)
		}
	}
	var parts []string
	for _, kind := range target.Kinds {
		if counts[kind] == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", counts[kind], s.config.Catalogue.Reading.Scraping.Endpoint(kind).Title)
		if counts[kind] > 1 {
			part += "s"
		}
		switch names := jobs[kind]; {
		case len(names) == 1:
			part += " (job " + names[0] + ")"
		case len(names) > 1:
			slices.Sort(names)
			part += " (jobs " + strings.Join(names, ", ") + ")"
		}
		parts = append(parts, part)
	}
	if n := len(parts); n > 2 {
		parts = []string{strings.Join(parts[:n-1], ", "), parts[n-1]}
	}
	return strings.Join(parts, " and ")
}

// measureInterval returns the median time between two samples of `up`, or 0 if there are too few samples.
func (s *Store) measureInterval(ctx context.Context, now time.Time) (time.Duration, error) {
	instances := map[string]bool{}
	for _, t := range s.Targets() {
		if t.Kind == target.KindFalco && t.State == target.Up && len(instances) < measuredTargets {
			instances[t.Address] = true
		}
	}
	if len(instances) == 0 {
		return 0, nil
	}
	up := s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"), matchAny("instance", slices.Sorted(maps.Keys(instances))))
	result, err := s.client.Send(ctx, promapi.Query{Expr: fmt.Sprintf("%s[%s]", up, signals.FormatDuration(measuredTime)), Start: now, End: now})
	if err != nil {
		return 0, err
	}
	matrix, _ := result.Value.(promql.Matrix)
	var gaps []int64
	for _, series := range matrix {
		for i := range series.Floats[1:] {
			gaps = append(gaps, series.Floats[i+1].T-series.Floats[i].T)
		}
	}
	if len(gaps) < 3 {
		return 0, nil
	}
	slices.Sort(gaps)
	return (time.Duration(gaps[len(gaps)/2]) * time.Millisecond).Round(time.Second), nil
}

// checkIdentity finds Falcos without an identity label.
func (c *CheckResult) checkIdentity(id Identity, info promql.Vector) {
	for _, label := range []string{target.ClusterLabel, target.NodeLabel} {
		name := id.ServerLabel(label)
		if name == "" {
			continue
		}
		missing := 0
		for _, sample := range info {
			if sample.Metric.Get(label) == "" {
				missing++
			}
		}
		if missing > 0 {
			c.problem("%d of %d Falcos do not have the label %s, which prometheus.identityLabels contains, and cannot be told apart. Add the label by relabelling, or use another one.", missing, len(info), name)
		}
	}
}

// checkReplicas finds series that exist once for each replica of Prometheus. replicas holds their largest number.
func (c *CheckResult) checkReplicas(replicas, info promql.Vector) {
	if len(replicas) == 0 || replicas[0].F < 2 {
		return
	}
	c.problem("Series exist up to %.0f times and differ in %s, so sums count them several times. Deduplicate the replicas (Thanos: set prometheus.parameters to dedup=true, and --query.replica-label on the querier), or select one with prometheus.matchers.",
		replicas[0].F, strings.Join(replicaLabels(info), ", "))
}

// replicaLabels returns the labels in which several series of one target differ.
func replicaLabels(info promql.Vector) []string {
	values := map[string]map[string]map[string]bool{} // target → label → values
	for _, sample := range info {
		key := sample.Metric.Get("job") + "\xff" + sample.Metric.Get("instance") + "\xff" + sample.Metric.Get(target.NodeLabel) + "\xff" + sample.Metric.Get(target.ClusterLabel)
		if values[key] == nil {
			values[key] = map[string]map[string]bool{}
		}
		sample.Metric.Range(func(l labels.Label) {
			if values[key][l.Name] == nil {
				values[key][l.Name] = map[string]bool{}
			}
			values[key][l.Name][l.Value] = true
		})
	}
	names := map[string]bool{}
	for _, byLabel := range values {
		for name, all := range byLabel {
			if len(all) > 1 {
				names[name] = true
			}
		}
	}
	if len(names) == 0 {
		return []string{"labels that only some of them have"}
	}
	return slices.Sorted(maps.Keys(names))
}

// checkJobs suggests matchers if none are set and several jobs scrape Falcos.
func (c *CheckResult) checkJobs(targets []target.Status, config Config) {
	counts := map[string]int{}
	for _, t := range targets {
		if t.Kind == target.KindFalco && t.Configured != "" {
			counts[t.Configured]++
		}
	}
	if len(config.Matchers) > 0 || len(counts) < 2 {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf("%s (%d)", name, counts[name]))
	}
	c.suggest("Several jobs scrape Falcos: %s. If they scrape the same ones, set prometheus.matchers to job=%q.", strings.Join(list, ", "), names[0])
}
