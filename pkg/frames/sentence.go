package frames

import (
	"errors"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// nodesPlaceholder stands for the number of nodes in the text of a query.
const nodesPlaceholder = "nodes"

// sentence returns a table with one cell: the text of a query, in which {{id}} is replaced by the total of a signal and
// {{nodes}} by the number of nodes, such as "8 nodes". The error is for users.
func sentence(results []Result, all []series, o Options) (*data.Frame, error) {
	values := map[string]string{nodesPlaceholder: o.Nodes}
	for _, r := range results {
		if r.Signal == nil || r.Column != "" {
			return nil, errors.New("the text of a query needs signals, without a comparison")
		}
		values[r.Signal.ID] = "unknown"
	}
	for _, s := range all {
		if !s.labels.IsEmpty() || !s.instant {
			return nil, fmt.Errorf("the text of a query needs the total of %s at an instant: set groupBy to []", s.result.Signal.ID)
		}
		values[s.result.Signal.ID] = Text(s.result.Signal, s.values[0])
	}
	var unknown error
	text := legendPart.ReplaceAllStringFunc(o.Text, func(part string) string {
		name := legendPart.FindStringSubmatch(part)[1]
		value, known := values[name]
		if !known {
			unknown = fmt.Errorf("the text names %s, which is not a signal of the query", part)
		}
		return value
	})
	return figuresTable(results, Prose("text", "Text", []string{text})), unknown
}
