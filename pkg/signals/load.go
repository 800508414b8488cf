package signals

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/util/strutil"
)

//go:embed catalogue.json
var catalogueJSON []byte

var load = sync.OnceValue(func() *Catalogue {
	catalogue := &Catalogue{}
	if err := json.Unmarshal(catalogueJSON, catalogue); err != nil {
		panic(fmt.Sprintf("cannot read the embedded catalogue: %v", err))
	}
	return catalogue
})

// Load returns the embedded catalogue. It is shared and must not be modified.
func Load() *Catalogue { return load() }

// Signal returns the signal with an id. For an unknown id, the error lists the most similar ids.
func (c *Catalogue) Signal(id string) (*Signal, error) {
	for i := range c.Signals {
		if c.Signals[i].ID == id {
			return &c.Signals[i], nil
		}
	}
	return nil, fmt.Errorf("there is no signal %q; the nearest are %s", id, strings.Join(c.nearest(id, 3), ", "))
}

func (c *Catalogue) nearest(id string, count int) []string {
	matcher := strutil.NewJaroWinklerMatcher(strings.ToLower(id))
	ids := make([]string, 0, len(c.Signals))
	for _, s := range c.Signals {
		ids = append(ids, s.ID)
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		switch sa, sb := matcher.Score(a), matcher.Score(b); {
		case sa > sb:
			return -1
		case sa < sb:
			return 1
		}
		return 0
	})
	return ids[:min(count, len(ids))]
}
