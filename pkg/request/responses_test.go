package request

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
)

// Responses of a user wait for each other, those of different users do not, and none waits for itself.
func TestResponsesShareMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tooLarge = "the result has more series than fit into a response, of which each takes about 8192 bytes of 134217728: aggregate it, narrow its filters, or show it as a table"
		var responses Responses
		ask := func(user string) (*Request, context.CancelFunc) {
			sent, send := context.WithCancel(t.Context())
			return &Request{Responses: &responses, User: user, Sent: sent, Settings: settings.Settings{QueryTimeout: time.Minute}}, send
		}
		first, send := ask("greedy")
		require.EqualError(t, first.Reserve(t.Context(), maxResponseBytes+1), tooLarge)
		require.NoError(t, first.Reserve(t.Context(), maxResponseBytes))
		require.EqualError(t, first.Reserve(t.Context(), 1), tooLarge, "it would wait for itself")

		other, sendOther := ask("modest")
		require.NoError(t, other.Reserve(t.Context(), maxResponseBytes))
		sendOther()

		second, sendSecond := ask("greedy")
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.EqualError(t, second.Reserve(soon, 1), "the query took longer than 1m0s: narrow its time range or its filters, or raise limits.queryTimeout")
		done := make(chan error, 1)
		go func() { done <- second.Reserve(t.Context(), maxResponseBytes/2) }()
		synctest.Wait()
		require.Empty(t, done)
		first.Close()
		synctest.Wait()
		require.Empty(t, done, "the response has not been written")
		send()
		require.NoError(t, <-done)
		require.NoError(t, second.Reserve(t.Context(), maxResponseBytes/2))
		sendSecond()
		synctest.Wait()
		require.Empty(t, responses.users, "nothing stays in memory")
	})
}
