package exposition

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

func TestPlainTexts(t *testing.T) {
	r := NewReader(signals.Reading{}, Limits{SampleLimit: 100, LabelValueLengthLimit: 100, LabelLimit: 3})
	for text, want := range map[string]string{
		`a`:                            `{__name__="a"}`,
		`_A9`:                          `{__name__="_A9"}`,
		`a{b="c"}`:                     `{__name__="a", b="c"}`,
		`a{b="{x} = 1,é",c="2",d=""}`:  "", // an empty value
		`a{b="{x} = 1,é",c="2",d=" "}`: `{__name__="a", b="{x} = 1,é", c="2", d=" "}`,
		`a{b="1",c="2",d="3",e="4"}`:   "", // more labels than the limit
		`a{c="1",b="2"}`:               "",
		`a{b="1",b="2"}`:               "",
		`a{B="1"}`:                     "", // sorts before __name__
		`a{__name__="b"}`:              "",
		`a{b="\\"}`:                    "",
		`a{b="c"d"}`:                   "",
		"a{b=\"\xff\"}":                "",
		`a{b="c",}`:                    "",
		`a{b="c"} `:                    "",
		`a{b="c"}{d="e"}`:              "",
		`a{b="c"`:                      "",
		`a{b="c`:                       "",
		`a{b=`:                         "",
		`a{b`:                          "",
		`a{b:c="d"}`:                   "",
		`a{9="b"}`:                     "",
		`a{}`:                          "",
		`a{`:                           "",
		`a `:                           "",
		`a:b`:                          "",
		`a.b`:                          "",
		`9`:                            "",
		``:                             "",
	} {
		got := ""
		if name, ok := r.collectPlainLabels(text); ok {
			got = r.scratch.Labels().String()
			require.Equal(t, r.scratch.Labels().Get("__name__"), name)
		}
		require.Equal(t, want, got, text)
	}
}

// A plain text is read as any reader of lines reads it, and is the plain text of its series.
func FuzzPlainText(f *testing.F) {
	for _, body := range corpusBodies(f) {
		for line := range strings.Lines(string(body)) {
			f.Add(line[:max(strings.LastIndexByte(line, ' '), 0)])
		}
	}
	r := NewReader(signals.Reading{}, testLimits)
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := r.collectPlainLabels(text); !ok || strings.IndexByte(text, '\n') >= 0 {
			return
		}
		plain := r.scratch.Labels()
		for _, kind := range []string{target.KindFalco, target.KindFalcosidekick} {
			s, why := parse(text+" 1", valueReaderFor(kind))
			require.Empty(t, why)
			require.Equal(t, []string{text, "1"}, []string{s.series, s.value})
			_, why = r.collectLabels(s)
			require.Empty(t, why)
			require.Equal(t, plain, r.scratch.Labels())
		}
		require.Equal(t, text, string(r.plainText(plain)))
	})
}

// A series is the same one however it is written, in one response and in the next ones.
func TestWaysToWriteASeries(t *testing.T) {
	for _, ways := range [][]string{
		{`a`, `a{}`, `a{b=""}`},
		{`a{b="1",c="2"}`, `a{c="2",b="1"}`, `a{ b="1",c="2" }`, `a{b="1",c="2",}`},
		{`a_b{c_d="1"}`, `a.b{c_d="1"}`, `a-b{c.d="1"}`, `a_b{c:d="1"}`},
		{`a{b="x" y"}`, `a{ b="x" y"}`},
		{`a{b="\d"}`, `a{ b="\d"}`},
		{`a{B="1"}`, `a{ B="1"}`},
		{"a{b=\"�\"}", "a{b=\"\xff\"}"},
	} {
		for _, first := range ways {
			for _, second := range ways {
				t.Run(first+second, func(t *testing.T) {
					r := NewReader(signals.Reading{}, testLimits)
					var known *Series
					for _, text := range []string{first, second, first} {
						result, why := r.Read(fmt.Appendf(nil, "%s 1\n%s 2\n%s 3\n", text, first, second))
						require.Nil(t, why)
						require.Len(t, result.Samples, 1)
						require.Equal(t, []int{2, 0}, []int{result.Duplicates, result.Unreadable})
						require.Equal(t, 1.0, result.Samples[0].Value)
						if known == nil {
							known = result.Samples[0].Series
						}
						require.Same(t, known, result.Samples[0].Series)
					}
				})
			}
		}
	}
}

// A text that is plain, and one that means labels of which that would be the text, are two series.
func TestAmbiguousTexts(t *testing.T) {
	r := NewReaderForKind(target.KindFalcosidekick, signals.Reading{}, testLimits)
	result, why := r.Read([]byte(`a{b="x",c="y"} 1
a{b="x\",c=\"y"} 2
`))
	require.Nil(t, why)
	require.Equal(t, []labels.Labels{
		labels.FromStrings("__name__", "a", "b", "x", "c", "y"),
		labels.FromStrings("__name__", "a", "b", `x",c="y`),
	}, []labels.Labels{result.Samples[0].Series.Labels, result.Samples[1].Series.Labels})
}

// A series that changes the way in which it is written remains the same one when the Reader forgets what it has not seen.
func TestForgettingWaysToWrite(t *testing.T) {
	r := NewReader(signals.Reading{}, testLimits)
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "x{i=\"%d\"} 1\n", i)
	}
	var known *Series
	for _, body := range []string{`a{b="1"} 1` + "\n" + many.String(), `a{ b="1"} 1`, `a{ b="1"} 1`, `a{b="1"} 1`} {
		result, why := r.Read([]byte(body))
		require.Nil(t, why)
		if known == nil {
			known = result.Samples[0].Series
		}
		require.Same(t, known, result.Samples[0].Series, body[:10])
	}
	require.Less(t, len(r.entries), 10)
}
