package datasource

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/singleflight"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// answers shares the answers of a large fleet between viewers: with the same samples, the same query at the same times has
// the same figures and notices. They are kept until the next tick of the scrape interval. The zero value is ready to use.
type answers struct {
	group singleflight.Group

	mu    sync.Mutex
	tick  time.Time
	bytes frames.Bytes
	kept  map[string]*answer
}

// answer is a response that never changes.
type answer struct {
	response backend.DataResponse
	size     frames.Bytes
	holds    func(until time.Time) bool // whether the samples until then are still the same
	until    time.Time
}

// share returns the answer to a query at some times. It calls do unless another request has the answer, or another one of the
// same user is about to have it: requests of others may wait for that user's places. Answers of small fleets are not shared:
// they cost little, and their instants are not on a tick.
func (a *answers) share(ctx context.Context, r *request.Request, dq backend.DataQuery, times query.Times, do func() backend.DataResponse) backend.DataResponse {
	samples, keeps := r.Executor.(request.Unchanging)
	if !keeps || len(r.Targets()) < manyTargets {
		return do()
	}
	tick := r.Now().Truncate(r.Settings.Interval)
	key := fmt.Sprintf("%t %s %+v %s", r.FromAlert, dq.RefID, times, dq.JSON)
	one := a.find(tick, key)
	own := false
	if one == nil {
		done, _, _ := a.group.Do(tick.String()+r.User+key, func() (any, error) {
			own = true
			made := &answer{holds: samples.Unchanged(), until: times.End}
			made.response = do()
			made.size = sizeOf(made.response.Frames) + frames.Bytes(len(key)) // a query may be long
			if made.response.Error == nil {
				a.keep(tick, key, made, frames.Bytes(r.Settings.ResultCacheSize/4))
			}
			return made, nil
		})
		one = done.(*answer)
	}
	// An error may be that of a client that has left.
	if !own && (one.response.Error != nil || r.Reserve(ctx, one.size) != nil) {
		return do()
	}
	return one.response
}

func (a *answers) find(tick time.Time, key string) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.kept[key]; one != nil && a.tick.Equal(tick) && one.holds(one.until) {
		return one
	}
	return nil
}

// keep keeps an answer until the next tick, as long as there is room.
func (a *answers) keep(tick time.Time, key string, one *answer, room frames.Bytes) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.tick.Equal(tick) {
		a.tick, a.bytes, a.kept = tick, 0, map[string]*answer{}
	}
	if old := a.kept[key]; old != nil {
		a.bytes -= old.size
		delete(a.kept, key)
	}
	if a.bytes+one.size <= room {
		a.kept[key] = one
		a.bytes += one.size
	}
}

// details tells the health check how much memory the answers take.
func (a *answers) details() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.kept) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s kept for other viewers: %s, at most a quarter of limits.resultCacheSize.",
		wording.Count(len(a.kept), "response"), wording.Size(int64(a.bytes)))}
}

// sizeOf estimates how much memory frames take.
func sizeOf(all data.Frames) (sum frames.Bytes) {
	const field, value = 1 << 10, 32
	for _, frame := range all {
		sum += frames.Bytes(len(frame.Fields) * (field + value*frame.Rows()))
	}
	return sum
}
