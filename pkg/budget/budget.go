// Package budget shares the places and the memory for evaluations of one process between users, data sources and alert
// rules.
package budget

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// Budget is what all evaluations of the process share: places, and the samples that they hold in memory. The shares are
// those of limits.maxSamples, and add up to it. An evaluation that does not fit into its place needs the large place, of
// which panels and alert rules have one each.
type Budget struct {
	panels, alerts *lane
}

// lane holds the places of panels, or those of alert rules and work in the background, which never wait for panels.
type lane struct {
	small, large           *places
	smallShare, largeShare float64 // of one place
	results                results
}

const (
	panelsLargeShare, alertsLargeShare = 8. / 32, 2. / 32
	// Results stay in memory until the response has been written. A user leaves room for the light queries of others.
	panelsResultShare, alertsResultShare = 9. / 32, 1. / 32
	userResultShare                      = 8. / 32
)

// New returns the budget of a process on a machine with some CPUs. Half of the places are out of reach for a single user,
// and a quarter for a single data source.
func New(cpus int) *Budget {
	panels, alerts := min(max(2*cpus, 4), 16), 4
	small := (1 - panelsLargeShare - alertsLargeShare - panelsResultShare - alertsResultShare) / float64(panels+alerts)
	return &Budget{
		panels: &lane{
			small: newPlaces(panels, panels/2, panels*3/4), smallShare: small,
			large: newPlaces(1, 1, 1), largeShare: panelsLargeShare,
			results: results{share: panelsResultShare, perUser: userResultShare, users: map[string]int{}},
		},
		alerts: &lane{
			small: newPlaces(alerts, alerts/2, alerts*3/4), smallShare: small,
			large: newPlaces(1, 1, 1), largeShare: alertsLargeShare,
			results: results{share: alertsResultShare, perUser: alertsResultShare, users: map[string]int{}},
		},
	}
}

// Default returns the budget of a process on this machine.
func Default() *Budget { return New(runtime.NumCPU()) }

func (b *Budget) lane(c Client) *lane {
	if c.Alert || c.Background {
		return b.alerts
	}
	return b.panels
}

// TooManySamples means that an evaluation needs more samples than its share of limits.maxSamples.
type TooManySamples int

func (e TooManySamples) Error() string { return fmt.Sprintf("more than %d samples", int(e)) }

// ResultsFull means that a result does not fit in beside those that other queries still use. The number is the samples
// that the results of one user, or of alert rules, may have together.
type ResultsFull int

func (e ResultsFull) Error() string {
	return fmt.Sprintf("the results in memory have more than %d samples", int(e))
}

// Place is the permission to evaluate one expression. It is used by one goroutine.
type Place struct {
	lane       *lane
	client     Client
	maxSamples int
	taken      []*places
	share      float64
}

// Take waits for a place on behalf of the client of ctx. maxSamples is limits.maxSamples. The place must be given back,
// unless there is an error, which is that of ctx.
func (b *Budget) Take(ctx context.Context, maxSamples int) (*Place, error) {
	c := clientOf(ctx)
	p := &Place{lane: b.lane(c), client: c, maxSamples: maxSamples}
	return p, p.take(ctx, p.lane.small, p.lane.smallShare)
}

// TakeLarge is Take for the large place.
func (b *Budget) TakeLarge(ctx context.Context, maxSamples int) (*Place, error) {
	c := clientOf(ctx)
	p := &Place{lane: b.lane(c), client: c, maxSamples: maxSamples}
	return p, p.Enlarge(ctx)
}

// Enlarge waits for the large place. It keeps the place that it has, because samples are already in memory.
func (p *Place) Enlarge(ctx context.Context) error {
	return p.take(ctx, p.lane.large, p.lane.largeShare)
}

func (p *Place) take(ctx context.Context, from *places, share float64) error {
	if err := from.take(ctx, p.client); err != nil {
		return err
	}
	p.taken, p.share = append(p.taken, from), share
	return nil
}

// Samples returns how many samples the evaluation may hold in memory.
func (p *Place) Samples() int { return samplesOf(p.share, p.maxSamples) }

// Samples returns how many samples an evaluation may hold in memory in a place that is not the large one.
func (b *Budget) Samples(maxSamples int) int {
	return samplesOf(b.panels.smallShare, maxSamples) // that of alert rules is the same
}

func samplesOf(share float64, maxSamples int) int { return max(1, int(share*float64(maxSamples))) }

// IsLarge reports whether there is no larger place.
func (p *Place) IsLarge() bool { return p.share == p.lane.largeShare }

// Give gives the place back.
func (p *Place) Give() {
	for _, from := range p.taken {
		from.give(p.client)
	}
	p.taken = nil
}

// results counts the samples of results that are still in use.
type results struct {
	share, perUser float64

	mu    sync.Mutex
	total int
	users map[string]int
}

// Hold counts the samples of a result on behalf of the client of ctx, until release is called. The error is ResultsFull.
func (b *Budget) Hold(ctx context.Context, samples, maxSamples int) (release func(), err error) {
	c := clientOf(ctx)
	r, user := &b.lane(c).results, c.user()
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := float64(maxSamples)
	if float64(r.total+samples) > r.share*limit || float64(r.users[user]+samples) > r.perUser*limit {
		return nil, ResultsFull(r.perUser * limit)
	}
	r.add(user, samples)
	return sync.OnceFunc(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.add(user, -samples)
	}), nil
}

func (r *results) add(user string, samples int) {
	r.total += samples
	if r.users[user] += samples; r.users[user] == 0 {
		delete(r.users, user)
	}
}
