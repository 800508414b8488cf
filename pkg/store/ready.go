package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
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
	all     []target.Status
	jobs    map[string][]string // those that are of one kind alone, by kind; a kind in a job of several is missing
	failure error               // of the last, if it did not work
	foreign map[string]bool     // metrics of other exporters that are there
	running chan struct{}
}

// Ready returns when what is known of the targets is not out of date, or cannot be brought up to date. What is only a
// little old is brought up to date in the background. The error is why nothing is known.
func (s *Store) Ready(ctx context.Context) error {
	l := &s.targets
	l.mu.Lock()
	age, known, late := s.now().Sub(l.at), !l.at.IsZero(), s.outOfDate()
	if l.running == nil && (!known || age > l.keep) {
		l.running = make(chan struct{})
		go s.bringUpToDate(context.WithoutCancel(ctx), l.running)
	}
	running := l.running
	l.mu.Unlock()
	if known && !late {
		return nil
	}
	select {
	case <-running:
	case <-ctx.Done():
		if !known {
			return s.explain(ctx, ctx.Err())
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return l.failure
	}
	return nil
}

// outOfDate is whether what is known of the targets is too old to be shown as it is; s.targets.mu must be held.
func (s *Store) outOfDate() bool {
	return s.now().Sub(s.targets.at) > max(2*s.targets.keep, time.Minute)
}

// Outdated is since when nothing was found out about the targets, and why, where that is too long ago.
func (s *Store) Outdated() (since time.Time, why error) {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	if !s.outOfDate() {
		return time.Time{}, nil
	}
	return s.targets.at, s.targets.failure
}

func (s *Store) bringUpToDate(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, unattended)
	defer cancel()
	began := time.Now()
	now := s.now()
	jobs, err := s.findJobs(ctx, now)
	var all []target.Status
	if err == nil {
		all, err = s.find(ctx, rewriter{Config: s.config, jobs: jobs}, now)
	}
	var foreign map[string]bool
	if err == nil {
		foreign, err = s.findForeign(ctx, now)
	}
	l := &s.targets
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure = err; err == nil {
		l.all, l.jobs, l.foreign, l.at = all, jobs, foreign, now
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
func beginning(all []target.Status) bool {
	return len(all) == 0 || slices.ContainsFunc(all, func(t target.Status) bool {
		return t.State == target.Up && (t.Scrapes < 4 || t.Metrics == nil)
	})
}

// Holds is whether the store has a metric of other exporters that signals may be worked out of.
func (s *Store) Holds(metric string) bool {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return s.targets.foreign[metric]
}

// Targets are the Falcos and Falcosidekicks that the store holds, as far as they were last looked up; not to be changed.
func (s *Store) Targets() []target.Status {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return s.targets.all
}
