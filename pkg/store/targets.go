package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// atOnce is how many queries are sent at a time to find out about the targets.
	atOnce = 4
	// lookedUpFor is how long at least what is known of the targets is taken for current. It is longer where finding out
	// takes the store long: a twentieth of its time at most goes into it.
	lookedUpFor = 15 * time.Second
	// patience of a look-up that nobody waits for.
	unattended = time.Minute
)

// lookUp is what is known of the targets, and when it was found out.
type lookUp struct {
	mu      sync.Mutex
	at      time.Time // of the last that worked
	keep    time.Duration
	all     []scrape.Status
	jobs    map[string][]string // those that are of one kind alone, by kind; a kind in a job of several is missing
	failure error               // of the last, if it did not work
	running chan struct{}
}

// Ready returns when the targets have been looked up once. What is known already is brought up to date in the
// background. The error is why nothing is known.
func (s *Store) Ready(ctx context.Context) error {
	l := &s.targets
	l.mu.Lock()
	known := !l.at.IsZero()
	if l.running == nil && (!known || s.now().Sub(l.at) > l.keep) {
		l.running = make(chan struct{})
		go s.bringUpToDate(context.WithoutCancel(ctx), l.running)
	}
	running := l.running
	l.mu.Unlock()
	if known {
		return nil
	}
	select {
	case <-running:
	case <-ctx.Done():
		return s.explain(ctx, ctx.Err())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return l.failure
	}
	return nil
}

func (s *Store) bringUpToDate(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, unattended)
	defer cancel()
	began := time.Now()
	now := s.now()
	jobs, err := s.findJobs(ctx, now)
	var all []scrape.Status
	if err == nil {
		all, err = s.find(ctx, rewriter{s.config, jobs}, now)
	}
	l := &s.targets
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure = err; err == nil {
		l.all, l.jobs, l.at = all, jobs, now
		l.keep = max(lookedUpFor, s.config.Interval)
		if beginning(all) {
			l.keep = time.Second
		}
		l.keep = max(l.keep, 20*time.Since(began))
	}
	l.running = nil
	close(done)
}

// beginning is whether more is about to be known: nothing is yet, or some targets were scraped a few times only.
func beginning(all []scrape.Status) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(t scrape.Status) bool {
		return t.State == scrape.Up && (t.Scrapes < 4 || t.Metrics == nil)
	})
}

// Targets are the Falcos and Falcosidekicks that the store holds, as far as they were last looked up; not to be changed.
func (s *Store) Targets() []scrape.Status {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return s.targets.all
}

// found is what the queries say, to be put together.
type found struct {
	up       map[string]promql.Vector // by kind
	recent   map[string]promql.Vector // samples of `up` within some scrapes
	answered map[string]promql.Vector // times that `up` was 1 within Youth
	facts    map[string]promql.Vector // by id; the value is when it was last shown, in seconds
	exported promql.Vector            // metrics, by target
}

// Youth is how long a target has to be known until it is not told any more since when.
const Youth = 15 * time.Minute

// silence is how long `up` may have no sample: four scrapes, and no less than a minute.
func (s *Store) silence() time.Duration { return max(time.Minute, 4*s.config.Interval) }

// findJobs finds the jobs of which all targets that answer are of one kind. A kind with a target in any other job is
// missing: then each target has to show what it is.
func (s *Store) findJobs(ctx context.Context, now time.Time) (map[string][]string, error) {
	out := map[string][]string{}
	up := &parser.VectorSelector{Name: "up", LabelMatchers: s.config.Matchers}
	for _, kind := range []string{scrape.KindFalco, scrape.KindFalcosidekick} {
		shown := rewriter{Config: s.config}.shown(kind, up)
		of, err := s.vector(ctx, fmt.Sprintf("group by (job) (%s)", shown), now)
		if err != nil {
			return nil, err
		}
		if len(of) == 0 {
			out[kind] = nil
			continue
		}
		mixed, err := s.vector(ctx, fmt.Sprintf("group by (job) (%s == 1 unless on (%s) (%s))", up, s.config.Identity.target(), shown), now)
		if err != nil {
			return nil, err
		}
		var jobs []string
		for _, sample := range of {
			jobs = append(jobs, s.whoIs(sample.Metric).job)
		}
		if !slices.Contains(jobs, "") && !slices.ContainsFunc(mixed, func(m promql.Sample) bool { return slices.Contains(jobs, s.whoIs(m.Metric).job) }) {
			slices.Sort(jobs)
			out[kind] = jobs
		}
	}
	return out, nil
}

// find asks the store for all that a status says.
func (s *Store) find(ctx context.Context, w rewriter, now time.Time) ([]scrape.Status, error) {
	f := found{up: map[string]promql.Vector{}, recent: map[string]promql.Vector{}, answered: map[string]promql.Vector{}, facts: map[string]promql.Vector{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	ask := func(expr string, keep func(promql.Vector)) {
		group.Go(func() error {
			vector, err := s.vector(ctx, expr, now)
			mu.Lock()
			defer mu.Unlock()
			keep(vector)
			return err
		})
	}
	written := func(format string, values ...any) string {
		return w.expr(parse(fmt.Sprintf(format, values...))).String()
	}
	for kind, label := range map[string]string{scrape.KindFalco: "", scrape.KindFalcosidekick: scrape.KindFalcosidekick} {
		ask(written("up{kind=%q}", label), func(v promql.Vector) { f.up[kind] = v })
		ask(written("count_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(s.silence())), func(v promql.Vector) { f.recent[kind] = v })
		ask(written("sum_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(Youth)), func(v promql.Vector) { f.answered[kind] = v })
	}
	for _, fact := range s.config.Catalogue.Reading.Facts {
		// What a Falco last said of itself is remembered for an hour.
		selector := s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, fact.Metric))
		ask(fmt.Sprintf("max by (%s, %s) (max_over_time(timestamp(%s)[1h:1m]))", s.config.Identity.target(), fact.Label, selector),
			func(v promql.Vector) { f.facts[fact.ID] = v })
	}
	names := labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(s.config.Catalogue.Metrics(), "|"))
	ask(fmt.Sprintf("group by (%s, __name__) (%s)", s.config.Identity.target(), s.selector(names)), func(v promql.Vector) { f.exported = v })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return s.statuses(f, now), nil
}

// vector evaluates an expression in the store's own labels at an instant.
func (s *Store) vector(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	answer, err := s.send(ctx, Query{Expr: expr, Start: at, End: at})
	vector, _ := answer.Value.(promql.Vector)
	return vector, err
}

// selector is one with the extra matchers.
func (s *Store) selector(matchers ...*labels.Matcher) string {
	var all []string
	for _, m := range slices.Concat(matchers, s.config.Matchers) {
		all = append(all, m.String())
	}
	return "{" + strings.Join(all, ",") + "}"
}

// who is a target of the store's scraper.
type who struct{ job, instance, cluster, node string }

// whoIs reads the labels of an answer, in which the identity has been renamed.
func (s *Store) whoIs(l labels.Labels) who {
	instance := l.Get("instance")
	if s.config.Identity.Written(nodeLabel) == "instance" {
		instance = l.Get(nodeLabel)
	}
	job := l.Get("job")
	if s.config.Identity.Written(nodeLabel) == "job" {
		job = l.Get(nodeLabel)
	}
	return who{job, instance, l.Get(clusterLabel), l.Get(nodeLabel)}
}

// statuses puts together what was found, sorted by node and address.
func (s *Store) statuses(f found, now time.Time) []scrape.Status {
	var out []scrape.Status
	for _, kind := range []string{scrape.KindFalco, scrape.KindFalcosidekick} {
		place := map[who]int{}
		for _, sample := range f.up[kind] {
			if _, twice := place[s.whoIs(sample.Metric)]; twice {
				continue // the same target, scraped by several replicas of the scraper
			}
			place[s.whoIs(sample.Metric)] = len(out)
			out = append(out, s.status(kind, s.whoIs(sample.Metric), sample.F == 1, now))
		}
		if kind == scrape.KindFalco {
			for w, last := range s.gone(f, place) {
				place[w] = len(out)
				out = append(out, s.vanished(w, last))
			}
		}
		s.fill(out, place, f, kind, now)
	}
	duplicates(out)
	slices.SortStableFunc(out, func(a, b scrape.Status) int {
		return cmp.Or(cmp.Compare(a.Node(), b.Node()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address))
	})
	return out
}

func (s *Store) status(kind string, w who, up bool, now time.Time) scrape.Status {
	b := labels.NewBuilder(labels.FromStrings(clusterLabel, w.cluster, nodeLabel, w.node))
	if kind != scrape.KindFalco {
		b.Set(kindLabel, kind)
	}
	status := scrape.Status{
		Address: cmp.Or(w.instance, w.node), Configured: w.job, Kind: kind, Labels: b.Labels(),
		State: scrape.Up, LastScrape: now, LastUp: now, Facts: map[string]string{}, Metrics: map[string]bool{}, Gauges: s.config.Gauges,
	}
	if kind != scrape.KindFalco {
		status.Gauges = nil
	}
	if !up {
		status.State, status.LastUp, status.Metrics = scrape.Down, time.Time{}, nil
		status.Message = "The scrape fails, or its answer could not be read as a whole: the store's scraper has the error on its page of targets (in Prometheus Status > Target health)."
	}
	return status
}

func (s *Store) vanished(w who, last time.Time) scrape.Status {
	status := s.status(scrape.KindFalco, w, false, last)
	status.State, status.LastUp = scrape.Gone, last
	status.Message = fmt.Sprintf("It was last seen at %s, and is no target of the store's scraper any more: its pod has gone or is not ready (a crash loop?). It is told here for one hour.", last.UTC().Format("15:04 UTC"))
	return status
}

// gone are Falcos that showed themselves within the hour and are no target now, unless their node is seen elsewhere.
func (s *Store) gone(f found, present map[who]int) map[who]time.Time {
	here := map[[2]string]bool{}
	for w := range present {
		here[[2]string{w.cluster, w.node}] = true
	}
	out := map[who]time.Time{}
	for _, sample := range f.facts[s.config.Catalogue.Reading.Facts[0].ID] {
		if w := s.whoIs(sample.Metric); !here[[2]string{w.cluster, w.node}] {
			if at := time.UnixMilli(milliseconds(sample.F)); at.After(out[w]) {
				out[w] = at
			}
		}
	}
	return out
}

// fill completes the statuses of a kind with what is known by target.
func (s *Store) fill(out []scrape.Status, place map[who]int, f found, kind string, now time.Time) {
	recent, answered := map[who]float64{}, map[who]float64{}
	for _, sample := range f.recent[kind] {
		recent[s.whoIs(sample.Metric)] = sample.F
	}
	for _, sample := range f.answered[kind] {
		answered[s.whoIs(sample.Metric)] = sample.F
	}
	for w, i := range place {
		one := &out[i]
		one.Scrapes = int(answered[w])
		one.FirstScrape = now.Add(-min(Youth, time.Duration(one.Scrapes)*s.config.Interval))
		if one.State == scrape.Up && recent[w] == 0 {
			one.State = scrape.Down
			one.Message = fmt.Sprintf("No sample for %s: whoever scrapes for the store has stopped, or its remote write lags behind.", signals.FormatDuration(s.silence()))
		}
	}
	for id, vector := range f.facts {
		fact := s.fact(id)
		latest := map[who]float64{}
		for _, sample := range vector {
			w, value := s.whoIs(sample.Metric), sample.Metric.Get(fact)
			i, known := place[w]
			if known && value != "" && !s.ignored(id, value) && sample.F > latest[w] {
				out[i].Facts[id], latest[w] = value, sample.F
			}
		}
	}
	for _, sample := range f.exported {
		if i, known := place[s.whoIs(sample.Metric)]; known && out[i].Metrics != nil {
			out[i].Metrics[sample.Metric.Get(model.MetricNameLabel)] = true
		}
	}
	// A target with no metrics at all may have none yet: nothing can be said of what it lacks.
	for _, i := range place {
		if len(out[i].Metrics) == 0 {
			out[i].Metrics = nil
		}
	}
}

// fact is the label of a fact, as an answer has it.
func (s *Store) fact(id string) string {
	for _, f := range s.config.Catalogue.Reading.Facts {
		if f.ID == id {
			return s.config.Identity.called(f.Label)
		}
	}
	return ""
}

func (s *Store) ignored(id, value string) bool {
	for _, f := range s.config.Catalogue.Reading.Facts {
		if f.ID == id {
			return slices.Contains(f.Ignore, value)
		}
	}
	return false
}

// duplicates marks targets that another one of the same name has a claim on: their figures count twice.
func duplicates(all []scrape.Status) {
	owner := map[[3]string]int{}
	for _, i := range slices.SortedFunc(maps.Keys(indices(all)), func(a, b int) int {
		return cmp.Compare(all[a].Configured+all[a].Address, all[b].Configured+all[b].Address)
	}) {
		one := &all[i]
		if one.State != scrape.Up {
			continue
		}
		key := [3]string{one.Labels.Get(clusterLabel), one.Node(), one.Kind}
		first, twice := owner[key]
		if !twice {
			owner[key] = i
			continue
		}
		one.State = scrape.Duplicate
		one.Message = fmt.Sprintf("The store has %s twice, of the jobs %s and %s: its figures are added up. Let store.matchers name one job, such as job=%q, or add to store.identity.",
			one.Node(), all[first].Configured, one.Configured, all[first].Configured)
	}
}

func indices(all []scrape.Status) map[int]bool {
	out := map[int]bool{}
	for i := range all {
		out[i] = true
	}
	return out
}
