package receiver

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever a sender posts is counted or refused, and never costs the series of others.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		fromFalco("node-1", time.Second), fromSidekick("u1", "node-1", -time.Hour), "[" + fromFalco("node-1", 0) + "," + fromFalco("", 0) + "]",
		`{"rule": "` + snapshotRule + `", "time": "2026-11-30T12:00:00Z", "output_fields": {"falco.num_evts": "1e400", "x": NaN}}`,
		`{"rule": "` + snapshotRule + `", "time": "0000-01-01T00:00:00Z", "output_fields": {"falco.num_evts": 1}}`, "[]", "[null]", "null", "{", "\xff", `[[[[`,
	} {
		f.Add([]byte(body))
	}
	expected := []int{http.StatusNoContent, http.StatusBadRequest, http.StatusTooManyRequests, http.StatusRequestEntityTooLarge}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newTest(t)
		require.Equal(t, http.StatusNoContent, post(r, fromFalco("healthy", time.Second)).Code)
		require.True(t, slices.Contains(expected, post(r, string(body)).Code))
		samples, err := r.Samples()
		require.NoError(t, err)
		require.NotEmpty(t, samples)
		_, err = r.Summary()
		require.NoError(t, err)
	})
}
