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
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Checkup is what a store and the settings for it are found to be.
type Checkup struct {
	// Lead says what the store is and what it holds.
	Lead string
	// Wrong has to be changed, or figures are wrong; Better would be better. Each is a sentence or two.
	Wrong, Better []string
}

// measured is how many targets the scrape interval is measured of, and over how long.
const (
	measured    = 5
	measuredFor = 5 * time.Minute
)

// Check looks at what the health check tells of a store, besides its targets.
func (s *Store) Check(ctx context.Context) (Checkup, error) {
	var (
		c                        Checkup
		flavour                  Flavour
		interval                 time.Duration
		info, hosts, twice, many promql.Vector
		now                      = s.now()
		group, at                = errgroup.WithContext(ctx)
	)
	group.SetLimit(atOnce)
	ask := func(into *promql.Vector, expr string) {
		group.Go(func() (err error) {
			*into, err = s.vector(at, expr, now)
			return err
		})
	}
	group.Go(func() error {
		flavour, _ = s.flavour(at) // not all have it, and nothing depends on it
		return nil
	})
	group.Go(func() (err error) {
		interval, err = s.interval(at, now)
		return err
	})
	reading := s.config.Catalogue.Reading
	mark := s.config.mark(target.KindFalco)
	ask(&info, mark.String())
	ask(&hosts, s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, reading.Host.Metric)))
	ask(&twice, fmt.Sprintf("max(count by (%s) (%s))", s.config.Identity.target(), mark))
	// A start time that falls is that of another process; one that only rises is a Falco that starts again and again.
	ask(&many, fmt.Sprintf("max by (%s) (resets(%s[10m])) > 2", s.config.Identity.target(), s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, reading.Start.Metric))))
	if err := group.Wait(); err != nil {
		return c, err
	}
	c.Lead = fmt.Sprintf("%s holds %s.", flavour, s.held())
	c.identity(s.config.Identity, info)
	c.replicas(twice, info, s.config.Identity)
	for _, sample := range many {
		c.Wrong = append(c.Wrong, fmt.Sprintf("The address %s answers for several Falcos in turn: rates over it mean nothing. Let the scraper discover the pods, through a headless Service (clusterIP: None) or a PodMonitor.", s.whoIs(sample.Metric).instance))
	}
	c.jobs(s.Targets(), s.config)
	if interval > 0 && math.Abs(interval.Seconds()/s.config.Interval.Seconds()-1) > 0.2 {
		c.Wrong = append(c.Wrong, fmt.Sprintf("Falco is scraped every %s, but scrapeInterval is %s: set it to %s, as windows of rates follow it.",
			signals.FormatDuration(interval), signals.FormatDuration(s.config.Interval), signals.FormatDuration(interval)))
	}
	c.propose(s.config.Identity, info, hosts, reading.Host.Label)
	return c, nil
}

// held counts what the store holds, with the jobs.
func (s *Store) held() string {
	counts, jobs := map[string]int{}, map[string][]string{}
	for _, t := range s.Targets() {
		counts[t.Kind]++
		if t.Configured != "" && !slices.Contains(jobs[t.Kind], t.Configured) {
			jobs[t.Kind] = append(jobs[t.Kind], t.Configured)
		}
	}
	var parts []string
	for _, kind := range []string{target.KindFalco, target.KindFalcosidekick} {
		if counts[kind] == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", counts[kind], strings.ToUpper(kind[:1])+kind[1:])
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
	return strings.Join(parts, " and ")
}

// interval is the time between two samples that most of the targets have; 0 where there are too few samples.
func (s *Store) interval(ctx context.Context, now time.Time) (time.Duration, error) {
	instances := map[string]bool{}
	for _, t := range s.Targets() {
		if t.Kind == target.KindFalco && t.State == target.Up && len(instances) < measured {
			instances[t.Address] = true
		}
	}
	if len(instances) == 0 {
		return 0, nil
	}
	up := s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"), oneOf("instance", slices.Sorted(maps.Keys(instances))))
	answer, err := s.send(ctx, Query{Expr: fmt.Sprintf("%s[%s]", up, signals.FormatDuration(measuredFor)), Start: now, End: now})
	if err != nil {
		return 0, err
	}
	matrix, _ := answer.Value.(promql.Matrix)
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

// identity says where Falcos lack a label that they are to be told apart by.
func (c *Checkup) identity(id Identity, info promql.Vector) {
	for _, called := range []string{clusterLabel, nodeLabel} {
		name := id.Written(called)
		if name == "" {
			continue
		}
		lack := 0
		for _, sample := range info {
			if sample.Metric.Get(called) == "" {
				lack++
			}
		}
		if lack > 0 {
			c.Wrong = append(c.Wrong, fmt.Sprintf("store.identity has the label %s, which %d of %d Falcos do not have: they cannot be told apart by it. Relabel them, or take another.", name, lack, len(info)))
		}
	}
}

// replicas says where every series is there several times, once for each replica of the scraper.
func (c *Checkup) replicas(twice, info promql.Vector, id Identity) {
	if len(twice) == 0 || twice[0].F < 2 {
		return
	}
	c.Wrong = append(c.Wrong, fmt.Sprintf("Series are there up to %.0f times; they differ in %s. Sums count all of them. Let the store deduplicate its replicas (Thanos: store.parameters dedup=true, and --query.replica-label at the querier), or let store.matchers take one.",
		twice[0].F, strings.Join(varying(info, id), ", ")))
}

// varying are labels besides the target's in which series of one target differ.
func varying(info promql.Vector, id Identity) []string {
	values := map[string]map[string]map[string]bool{} // target → label → values
	for _, sample := range info {
		target := sample.Metric.Get("job") + "\xff" + sample.Metric.Get("instance") + "\xff" + sample.Metric.Get(nodeLabel) + "\xff" + sample.Metric.Get(clusterLabel)
		if values[target] == nil {
			values[target] = map[string]map[string]bool{}
		}
		sample.Metric.Range(func(l labels.Label) {
			if values[target][l.Name] == nil {
				values[target][l.Name] = map[string]bool{}
			}
			values[target][l.Name][l.Value] = true
		})
	}
	names := map[string]bool{}
	for _, of := range values {
		for name, all := range of {
			if len(all) > 1 {
				names[name] = true
			}
		}
	}
	if len(names) == 0 {
		return []string{"labels that only some have"}
	}
	return slices.Sorted(maps.Keys(names))
}

// jobs proposes extra matchers where none are set and several jobs look like Falco's.
func (c *Checkup) jobs(targets []target.Status, config Config) {
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
	var each []string
	for _, name := range names {
		each = append(each, fmt.Sprintf("%s (%d)", name, counts[name]))
	}
	c.Better = append(c.Better, fmt.Sprintf("Several jobs look like Falco's: %s. If they scrape the same Falcos, set store.matchers to job=%q.", strings.Join(each, ", "), names[0]))
}

// propose looks for labels that say more than those of the identity: a node's name is that which Falco gives as its host.
func (c *Checkup) propose(id Identity, info, hosts promql.Vector, hostLabel string) {
	everyone := func(all promql.Vector, holds func(labels.Labels) bool) bool {
		return len(all) > 0 && !slices.ContainsFunc(all, func(s promql.Sample) bool { return !holds(s.Metric) })
	}
	better := slices.Clone(id)
	node := func(name string) bool {
		return everyone(hosts, func(l labels.Labels) bool { return l.Get(name) != "" && l.Get(name) == l.Get(id.called(hostLabel)) })
	}
	if len(hosts) > 0 && !node(nodeLabel) {
		hosts[0].Metric.Range(func(l labels.Label) {
			if l.Name != id.called(hostLabel) && node(l.Name) {
				better[len(better)-1] = strings.TrimPrefix(l.Name, "exported_")
			}
		})
	}
	// `cluster` of the store is called so where it is none of the identity.
	if len(id) == 1 && everyone(info, func(l labels.Labels) bool { return l.Get("exported_"+clusterLabel) != "" }) {
		better = append(Identity{clusterLabel}, better...)
	}
	if !slices.Equal(better, id) {
		c.Better = append(c.Better, fmt.Sprintf("Set store.identity to %q: these labels name the nodes as Falco itself does.", []string(better)))
	}
}
