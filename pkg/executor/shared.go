package executor

import (
	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
)

// Shared is what the executors of one process share.
type Shared struct {
	budget *budget.Budget
	api    *promapi.Shared
}

// NewShared returns what executors share.
func NewShared() *Shared {
	b := budget.Default()
	return &Shared{budget: b, api: promapi.NewShared(b)}
}
