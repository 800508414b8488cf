package events

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestGoodNewsIsAMoment(t *testing.T) {
	back := event{EventKind: &signals.EventKind{ID: "back", Level: "info"}, At: 1000, End: 2000}
	burst := event{EventKind: &signals.EventKind{ID: "burst", Level: "critical"}, At: 1000, End: 2000}
	ends, _ := eventFrames([]bundle{{back}, {burst}}, nil)[0].FieldByName("timeEnd")
	at := func(row int) any { value, _ := ends.ConcreteAt(row); return value }
	require.Equal(t, time.UnixMilli(1000).UTC(), at(0))
	require.Equal(t, time.UnixMilli(2000).UTC(), at(1))
}

func TestShort(t *testing.T) {
	require.Equal(t, "abc", short("abc"))
	require.Equal(t, "aaaaaaaaaaaa…", short("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
}
