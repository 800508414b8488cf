package scrape

import (
	"cmp"
	"slices"
	"time"

	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// asDuplicateOf returns the status of a target whose node is already shown by another entry of the settings.
func asDuplicateOf(s Status, other primary) Status {
	if s.State == Up {
		why := duplicateNode(s.Node(), other.address)
		s.State, s.Cause, s.Message = Duplicate, why.Cause, why.Message
	}
	return s
}

// updateStatus records the outcome of a scrape. failure is nil when the target is up without a remark.
func (t *target) updateStatus(o scrapeOutcome, state State, why *Failure) {
	now, s := time.Now(), &t.status
	if s.State != state {
		s.State, s.Since = state, now
	}
	s.Cause, s.Message = "", o.remark
	if why == nil && state == Up {
		why = cmp.Or(t.crashRemark(now), t.dipRemark(now), t.renameRemark(now))
	}
	if why != nil {
		s.Cause, s.Message = why.Cause, why.Message
	}
	s.Labels = t.identity.labels
	s.LastScrape, s.Duration = now, o.duration
	s.Scrapes++
	if s.FirstScrape.IsZero() {
		s.FirstScrape = now
	}
	switch r := o.result; {
	case o.failure != nil:
		s.Samples, s.Unreadable, s.Duplicates, s.Problems = 0, 0, 0, nil
		return
	case r != nil: // otherwise nobody has read the response
		s.Samples, s.Unreadable, s.Duplicates, s.Problems = len(r.Samples), r.Unreadable, r.Duplicates-r.TruncatedNames, safeProblems(r.Problems)
		s.Facts, s.Metrics = r.Facts(t.reading), r.Names
	}
	s.LastUp = now
}

// safeProblems returns problems whose text can be shown to people.
func safeProblems(problems []Problem) []Problem {
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Reason, problems[i].Text = vocabulary.OneLine(problems[i].Reason), vocabulary.OneLine(problems[i].Text)
	}
	return problems
}

// stateAfterScrape returns the state of a target after a scrape, and remembers since when it has responded with 404.
// Duplicates are not considered.
func (t *target) stateAfterScrape(f *Failure) (State, *Failure) {
	switch {
	case f == nil || f.Cause != NotFound:
		t.notFoundSince = time.Time{}
	case t.notFoundSince.IsZero():
		t.notFoundSince = time.Now()
	}
	return t.stateFor(f)
}

// stateFor returns the state that an outcome stands for. It changes nothing, so that live scrapes can use it.
func (t *target) stateFor(f *Failure) (State, *Failure) {
	switch {
	case f == nil && t.loadBalancer.Detected():
		return LoadBalancer, t.loadBalancer.Failure()
	case f == nil:
		return Up, nil
	case f.Cause == Vanished:
		return Gone, f
	case f.Cause == NotFound && (t.notFoundSince.IsZero() || time.Since(t.notFoundSince) < startingFor):
		return Starting, f
	case f.Cause == NotFound:
		return Down, notFoundPersists(t.reading.Scraping.Endpoint(t.status.Kind), t.url.Path)
	}
	return Down, f
}

// responds reports whether the last scrape returned metrics.
func (t *target) responds() bool {
	return t.leftDiscovery.IsZero() && (t.status.State == Up || t.status.State == Duplicate || t.status.State == LoadBalancer)
}
