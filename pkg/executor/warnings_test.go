package executor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
)

func TestWarningOfDownsampledRange(t *testing.T) {
	require.Equal(t, "The range contains about 6 million samples, so the plugin read one value every 30s. Changes between two of these values are not visible. Narrow the range or the filters to see all of them.",
		warningText(promapi.Downsampled{Samples: 6e6, Step: 30 * time.Second}))
}
