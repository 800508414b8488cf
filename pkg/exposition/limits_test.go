package exposition

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

func readingTime(t *testing.T, body []byte) time.Duration {
	t.Helper()
	start := time.Now()
	_, why := NewReader(signals.Reading{}, Limits{SampleLimit: 1 << 30, LabelValueLengthLimit: 1 << 30}).Read(body)
	require.Nil(t, why)
	return time.Since(start)
}

// Lines with open label sets cost about as much as others, whatever their number.
func TestOpenLabelSetsAreReadInLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	for _, line := range []string{
		`a{b="c`, `a{b="c}`, `a{b="c"} `, `a{b="c",d="`, `a{`, `a{b="\"`, `a{b="c" d="e`, `",b="`, `"}`, `a{b="c"}1x`,
	} {
		repeat := func(size int) []byte { return bytes.Repeat([]byte(line+"\n"), size/(len(line)+1)) }
		small, large := readingTime(t, repeat(256<<10)), readingTime(t, repeat(2<<20))
		t.Logf("%q: %s, %s", line, small, large)
		require.Less(t, large, 40*small+time.Second, "8 times the size of %q", line)
	}
}

// A response over the sample limit, or one that keeps changing, leaves nothing behind.
func TestReaderForgetsWhatItHasRefused(t *testing.T) {
	body := func(round int, format string, lines int) []byte {
		var b strings.Builder
		for i := range lines {
			fmt.Fprintf(&b, format+"\n", round, i)
		}
		return []byte(b.String())
	}
	for name, format := range map[string]string{
		"new series":  `a{round="%d",i="%d"} 1`,
		"no number":   `a{round="%d",i="%d"} x`,
		"long labels": `a{round="%d",i="%d",long="` + strings.Repeat("x", 100) + `"} 1`,
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(signals.Reading{}, Limits{SampleLimit: 1000, LabelValueLengthLimit: 80})
			for round := range 20 {
				r.Read(body(round, format, 1100))
				require.LessOrEqual(t, len(r.entries), r.maxRemembered())
				require.LessOrEqual(t, len(r.identities), r.maxRemembered())
				require.LessOrEqual(t, cap(r.result.Samples), 2*r.maxRemembered())
			}
			_, why := r.Read([]byte("a 1\n"))
			require.Nil(t, why)
			require.LessOrEqual(t, len(r.entries)+len(r.identities), 2*(2+64))
		})
	}
}

func TestEmptiedMapsGiveTheirMemoryBack(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&b, "a{i=\"%d\"} 1\n", i)
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	r := NewReader(signals.Reading{}, Limits{SampleLimit: 300_000, LabelValueLengthLimit: 80})
	body := []byte(b.String())
	r.Read(body)
	full := heap() - before
	for range 3 {
		r.Read([]byte("a 1\n"))
	}
	require.Less(t, float64(heap())-float64(before), float64(full)/10)
	runtime.KeepAlive(r)
	runtime.KeepAlive(body)
}

func TestReadingStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := NewReader(signals.Reading{}, testLimits)
	_, why := r.ReadContext(ctx, bytes.Repeat([]byte("a 1\n"), cancelCheckBytes))
	require.Equal(t, "The response arrived but could not be parsed within the timeout, and was discarded. Check that the address serves Falco's metrics, or raise scrapeTimeout.", why.Message)
	require.Equal(t, target.Timeout, why.Cause)
	for _, record := range []string{"a{b=\"x\n\"} 1\n", `a{b="` + strings.Repeat(`",c="`, 40_000) + "\n"} { // of two lines, and long ones
		_, why = r.ReadContext(ctx, bytes.Repeat([]byte(record), 2*cancelCheckBytes/len(record)+2))
		require.NotNil(t, why, record[:10])
	}
}

func TestLabelLimit(t *testing.T) {
	line := func(labels int) string {
		var b strings.Builder
		for i := range labels {
			fmt.Fprintf(&b, `l%d="x",`, i)
		}
		return "a{" + b.String() + "} 1\n"
	}
	r := NewReader(signals.Reading{}, testLimits)
	result, why := r.Read([]byte(line(64) + line(65) + "b 1\n"))
	require.Nil(t, why)
	require.Len(t, result.Samples, 2)
	require.Equal(t, "65 labels; the limit is 64 (limits.labelLimit)", result.Problems[0].Reason)
}

// A line of more than 256 KiB is refused unread. Live mode refuses the same lines.
func TestLongLinesAreRefused(t *testing.T) {
	long := `a{b="` + strings.Repeat(`"x`, maxLineBytes/2) + `"} 1`
	body := "a 1\n" + long + "\n# " + long + "\nb{c=\"" + strings.Repeat("x", maxLineBytes-20) + "\"} 2\nc 3\nd{e=\"\n" + long + "\nf 4\n"
	r := NewReader(signals.Reading{}, Limits{SampleLimit: 100, LabelValueLengthLimit: 2 * maxLineBytes})
	for range 2 {
		result, why := r.Read([]byte(body))
		require.Nil(t, why)
		var names []string
		for _, s := range result.Samples {
			names = append(names, s.Series.Name)
		}
		require.Equal(t, []string{"a", "b", "c", "f"}, names)
		problems := ""
		for _, p := range result.Problems {
			problems += fmt.Sprintf("%d %s, ", p.Line, p.Reason)
		}
		require.Equal(t, "2 "+reasonLong+", 6 "+reasonOpen+", 7 "+reasonLong+", ", problems)
	}
	result, _ := r.Read([]byte("a " + strings.Repeat("0", 2*maxLineBytes) + "1\n"))
	require.Equal(t, 1, result.Unreadable)

	half := strings.Repeat("x", maxLineBytes/2) // joined lines are no longer than a single one may be
	result, _ = r.Read([]byte(`a{b="` + half + "\n" + half + `"} 1` + "\n" + `c{d="x` + "\n" + half + `"} 2` + "\n"))
	require.Len(t, result.Samples, 1)
	require.Equal(t, "c", result.Samples[0].Series.Name)
	require.Equal(t, []string{reasonOpen, reasonGarbage}, []string{result.Problems[0].Reason, result.Problems[1].Reason})
}
