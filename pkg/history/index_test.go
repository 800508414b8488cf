package history

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a target with very many series leaves behind when they are gone.
func TestEmptiedIndexGivesItsMemoryBack(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const many = 100_000
	before := heap()
	h := New(Options{})
	h.Append(1, []Sample{{h.Series(oneOf("kept")), 1}})
	for i := range many {
		h.Append(1, []Sample{{h.Series(oneOf(fmt.Sprintf("churned_%d", i))), 1}})
	}
	full := heap() - before
	kept := h.Series(oneOf("kept"))
	h.Append(2, []Sample{{kept, 2}})
	h.Truncate(2)
	require.Equal(t, []string{"kept"}, held(h))
	require.Less(t, heap()-before, full/50)
	require.Same(t, kept, h.Series(oneOf("kept")))
}
