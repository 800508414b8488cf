package signals

import (
	"cmp"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

// corpus is tests/corpora/compile.json; it describes itself.
type corpus struct {
	Options   corpusOptions
	Catalogue Catalogue
	Cases     []struct {
		Name, Signal string
		Template     *Signal
		GroupBy      []string
		Filters      []Filter
		Window       string
		Options      corpusOptions
		Expr, Error  string
	}
}

type corpusOptions struct {
	Identity, TargetLabels      []string
	Step, ScrapeInterval, Range string
	History                     string // of a case; not known without
}

// over fills in what a case does not name.
func (o corpusOptions) over(base corpusOptions) CompileOptions {
	pick := func(own, other string) time.Duration {
		own = cmp.Or(own, other)
		d, err := model.ParseDuration(own)
		if err != nil {
			panic(err)
		}
		return time.Duration(d)
	}
	if o.Identity == nil {
		o.Identity = base.Identity
	}
	if o.TargetLabels == nil {
		o.TargetLabels = base.TargetLabels
	}
	return CompileOptions{
		Identity: o.Identity, TargetLabels: o.TargetLabels,
		Step: pick(o.Step, base.Step), ScrapeInterval: pick(o.ScrapeInterval, base.ScrapeInterval), Range: pick(o.Range, base.Range),
		History: pick(o.History, "0s"),
	}
}

func readCorpus(t *testing.T) corpus {
	t.Helper()
	text, err := os.ReadFile("../../tests/corpora/compile.json")
	require.NoError(t, err)
	var c corpus
	require.NoError(t, json.Unmarshal(text, &c))
	require.NotEmpty(t, c.Cases)
	return c
}

func TestCompile(t *testing.T) {
	c := readCorpus(t)
	for _, test := range c.Cases {
		t.Run(test.Name, func(t *testing.T) {
			catalogue, s := &c.Catalogue, test.Template
			if s == nil {
				var err error
				catalogue = Load()
				s, err = catalogue.Signal(test.Signal)
				require.NoError(t, err)
			}
			expr, _, err := catalogue.Compile(s, test.GroupBy, test.Filters, test.Window, test.Options.over(c.Options))
			if test.Error != "" {
				require.EqualError(t, err, test.Error)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.Expr, expr)
			_, err = parser.NewParser(parser.Options{}).ParseExpr(expr)
			require.NoError(t, err, expr)
		})
	}
}

func TestCompileReturnsTheWindow(t *testing.T) {
	up, err := Load().Signal("up")
	require.NoError(t, err)
	for text, want := range map[string]time.Duration{
		"": 60 * time.Second, "$__interval": 30 * time.Second, "${__range}": time.Hour, "1h30m": 90 * time.Minute,
	} {
		_, window, err := Load().Compile(up, nil, nil, text, CompileOptions{Step: 30 * time.Second, ScrapeInterval: 15 * time.Second, Range: time.Hour})
		require.NoError(t, err)
		require.Equal(t, want, window, text)
	}
}
