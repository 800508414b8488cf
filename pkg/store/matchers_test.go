package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMatchers(t *testing.T) {
	for _, text := range []string{`job="falco",cluster=~"prod.*"`, ` { job="falco", cluster=~"prod.*" } `} {
		all, err := ParseMatchers(text)
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, `cluster=~"prod.*"`, all[1].String())
	}
	none, err := ParseMatchers(" {} ")
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = ParseMatchers("job=falco")
	require.EqualError(t, err, `prometheus.matchers is "job=falco": expected matchers such as job="falco", cluster=~"prod.*" (unexpected identifier "falco" in label matching, expected string)`)
}
