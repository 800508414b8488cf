package executor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// One client's evaluations never take the places of others, and clients that wait take turns.
func TestPlacesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(4, 2)
		order := make(chan string, 100)
		ask := func(client string) {
			go func() {
				if p.take(t.Context(), client) == nil {
					order <- client
				}
			}()
			synctest.Wait()
		}
		got := func() (out []string) {
			synctest.Wait()
			for len(order) > 0 {
				out = append(out, <-order)
			}
			return out
		}
		for range 20 {
			ask("greedy")
		}
		require.Equal(t, []string{"greedy", "greedy"}, got(), "no more than its share")
		ask("light")
		require.Equal(t, []string{"light"}, got(), "another client finds a place at once")
		ask("other")
		require.Equal(t, []string{"other"}, got())
		ask("late")
		ask("late")
		require.Empty(t, got(), "all places are taken")
		p.give("greedy")
		require.Equal(t, []string{"greedy"}, got(), "it has waited longest")
		p.give("greedy")
		require.Equal(t, []string{"late"}, got(), "then others have their turn")
		p.give("light")
		require.Equal(t, []string{"greedy"}, got())
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1, 1)
		require.NoError(t, p.take(t.Context(), "a"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.take(ctx, "b") }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.ErrorIs(t, p.take(ctx, "b"), context.Canceled)
		p.give("a")
		require.NoError(t, p.take(t.Context(), "c"), "nobody waits any more")
		p.give("c")
		require.Zero(t, p.taken)
		require.Empty(t, p.running)
		require.Empty(t, p.waiting)
		require.Empty(t, p.turns)
	})
}
