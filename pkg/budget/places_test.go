package budget

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// One client's evaluations never take the places of others, and clients that wait take turns.
func TestPlacesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(4, 2, 4)
		order := make(chan string, 100)
		ask := func(client string) {
			go func() {
				if p.take(t.Context(), Client{User: client}) == nil {
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
		p.give(Client{User: "greedy"})
		require.Equal(t, []string{"greedy"}, got(), "it has waited longest")
		p.give(Client{User: "greedy"})
		require.Equal(t, []string{"late"}, got(), "then others have their turn")
		p.give(Client{User: "light"})
		require.Equal(t, []string{"greedy"}, got())
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1, 1, 1)
		require.NoError(t, p.take(t.Context(), Client{User: "a"}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.take(ctx, Client{User: "b"}) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.ErrorIs(t, p.take(ctx, Client{User: "b"}), context.Canceled)
		p.give(Client{User: "a"})
		require.NoError(t, p.take(t.Context(), Client{User: "c"}), "nobody waits any more")
		p.give(Client{User: "c"})
		require.Zero(t, p.taken)
		require.Empty(t, p.users)
		require.Empty(t, p.sources)
		require.Empty(t, p.waiting)
		require.Empty(t, p.turns)
	})
}

// However many users query one data source, another data source finds a place.
func TestPlacesAreSharedBetweenDataSources(t *testing.T) {
	p := newPlaces(4, 2, 3)
	busy := func(user string) Client { return Client{User: user, DataSource: "1/busy"} }
	for _, user := range []string{"a", "b", "c"} {
		require.NoError(t, p.take(t.Context(), busy(user)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, p.free(busy("d")))
	require.ErrorIs(t, p.take(ctx, busy("d")), context.Canceled)
	require.NoError(t, p.take(t.Context(), Client{User: "a", DataSource: "1/quiet"}))
}
