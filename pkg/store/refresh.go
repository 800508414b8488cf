package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// minTargetsAge is the least time for which the list of targets counts as current. It is longer if a refresh takes the
	// server long, so that refreshes take a twentieth of its time at most. While the list has no Falco or settles, which a
	// loaded server must not delay by minutes, they take a third.
	minTargetsAge = 15 * time.Second
	// refreshTimeout limits a refresh, which runs in the background.
	refreshTimeout = time.Minute
)

// targetCache is what is known of the targets.
type targetCache struct {
	mu       sync.Mutex
	at       time.Time // of the last successful refresh
	maxAge   time.Duration
	all      []target.Status
	jobs     map[string][]string // jobs whose targets have one kind, by kind; a kind that shares a job is missing
	external map[string]bool     // metrics of other exporters that the server has
	err      error               // of the last refresh
	running  chan struct{}       // closed at the end of the running refresh; nil if none is running
}

// Ready waits until the list of targets is current or cannot be refreshed. A list that is only a little too old is refreshed
// in the background, unless it has no Falco: "no Falco" must be true now. The error says why no list is known.
func (s *Store) Ready(ctx context.Context) error {
	c := &s.targets
	c.mu.Lock()
	age, known, outdated := s.now().Sub(c.at), !c.at.IsZero(), s.targetsOutdated()
	if c.running == nil && (!known || age > c.maxAge) {
		c.running = make(chan struct{})
		go s.refresh(budget.InBackground(ctx), c.running)
	}
	running := c.running
	noFalco := !hasFalco(c.all) && running != nil
	c.mu.Unlock()
	if known && !outdated && !noFalco {
		return nil
	}
	select {
	case <-running:
	case <-ctx.Done():
		if !known {
			return s.client.Explain(ctx, ctx.Err())
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.err
	}
	return nil
}

// targetsOutdated reports whether the list of targets is too old to be shown without saying so. The caller must hold
// s.targets.mu.
func (s *Store) targetsOutdated() bool {
	return s.now().Sub(s.targets.at) > max(2*s.targets.maxAge, time.Minute)
}

// TargetsOutdated returns the time of the last list of targets, and why there is no newer one, if the list is too old. The
// time is zero if it is not.
func (s *Store) TargetsOutdated() (since time.Time, why error) {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	if !s.targetsOutdated() {
		return time.Time{}, nil
	}
	return s.targets.at, s.targets.err
}

// refresh refreshes the list of targets and closes done.
func (s *Store) refresh(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	now := s.now()
	var all []target.Status
	jobs, external := map[string][]string{}, map[string]bool{}
	err := s.client.Recovered(func() (err error) {
		q := s.newQueries(ctx, now)
		s.findJobs(q, jobs)
		s.findExternalMetrics(q, external)
		if err := q.Wait(); err != nil {
			return err
		}
		all, err = s.findTargets(ctx, rewriter{Config: s.config, jobs: jobs}, now)
		return err
	})
	c := &s.targets
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err = err; err == nil {
		c.all, c.jobs, c.external, c.at = all, jobs, external, now
		took := s.now().Sub(now)
		switch least := max(minTargetsAge, s.config.Interval); {
		case settling(all):
			c.maxAge = max(time.Second, 2*took)
		case !hasFalco(all):
			c.maxAge = max(least, 2*took)
		default:
			c.maxAge = max(least, 20*took)
		}
	}
	c.running = nil
	close(done)
}

// settling reports whether there are no targets yet, or some that were scraped only a few times, so that the next refresh
// will find more.
func settling(all []target.Status) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(t target.Status) bool {
		return t.State == target.Up && (t.Scrapes < 4 || t.Metrics == nil)
	})
}

func hasFalco(all []target.Status) bool {
	return slices.ContainsFunc(all, func(t target.Status) bool { return t.Kind == target.KindFalco })
}

// HasExternalMetric reports whether the server has a metric of another exporter that signals can use.
func (s *Store) HasExternalMetric(metric string) bool {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return s.targets.external[metric]
}

// Targets returns the Falcos and Falcosidekicks that the server scrapes, as of the last refresh. They must not be modified.
func (s *Store) Targets() []target.Status {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return s.targets.all
}
