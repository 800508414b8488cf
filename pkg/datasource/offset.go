package datasource

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// shift moves the times of a query back by its offset.
func (a *asked) shift() error {
	if a.query.Offset == "" {
		return nil
	}
	offset, err := model.ParseDuration(a.times.expand(a.query.Offset))
	if err != nil || offset <= 0 {
		return fmt.Errorf("the offset is %q: expected a duration such as 1h, or $__range", a.query.Offset)
	}
	a.offset = time.Duration(offset)
	a.times.start, a.times.end = a.times.start.Add(-a.offset), a.times.end.Add(-a.offset)
	return nil
}

// inTime moves a value that was worked out for earlier times to those that were asked for. The value is shared and
// stays as it is.
func (a *asked) inTime(value parser.Value) parser.Value {
	matrix, ok := value.(promql.Matrix)
	if !ok || a.offset == 0 {
		return value
	}
	moved := slices.Clone(matrix)
	for i := range moved {
		moved[i].Floats = slices.Clone(moved[i].Floats)
		for k := range moved[i].Floats {
			moved[i].Floats[k].T += a.offset.Milliseconds()
		}
	}
	return moved
}
