package settings

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func parseImpact(expressions string) ([]ImpactExpression, error) {
	s, err := Parse(json.RawMessage(`{"impact": {"expressions": [`+expressions+`]}}`), signals.Load())
	return s.ImpactExpressions, err
}

func TestImpactExpressions(t *testing.T) {
	got, err := parseImpact(`{"name": " latency ", "expression": "avg by (cluster, node) (rate(x[$__rate_interval]))", "unit": "s", "worse": "higher"}, {"name": "jobs", "expression": "jobs", "worse": ""}`)
	require.NoError(t, err)
	require.Equal(t, []ImpactExpression{
		{Name: "latency", Expression: "avg by (cluster, node) (rate(x[$__rate_interval]))", Unit: "s", Worse: "higher"}, {Name: "jobs", Expression: "jobs"},
	}, got)
}

func TestImpactExpressionErrors(t *testing.T) {
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf(`{"name": "x%d", "expression": "x"}`, i)
	}
	for expressions, message := range map[string]string{
		`{"expression": "x"}`: "impact.expressions[0].name is missing: expected a name such as request latency",
		`{"name": "a", "expression": "x"}, {"name": "a", "expression": "y"}`: `impact.expressions[1].name is "a", which is defined twice: remove or rename one`,
		`{"name": "server-load", "expression": "x"}`:                         `impact.expressions[0].name is "server-load", which is the id of a signal: choose another name`,
		`{"name": "a"}`: "impact.expressions[0].expression is missing: expected PromQL with one series per node, such as avg by (cluster, node) (request_latency_seconds)",
		`{"name": "a", "expression": "x", "worse": "up"}`: `impact.expressions[0].worse is "up": expected higher or lower, or nothing if neither is worse`,
		`{"name": "a", "expression": "rate(x)"}`:          `impact.expressions[0].expression cannot be parsed: 1:6: parse error: expected type range vector in call to function "rate", got instant vector`,
		`{"name": "a", "expression": "1"}`:                "impact.expressions[0].expression returns a scalar: expected an instant vector with one series per node",
		strings.Join(many, ","):                           "impact.expressions has 21 entries: expected at most 20",
	} {
		_, err := parseImpact(expressions)
		require.EqualError(t, err, message)
	}
}

// Only the server knows its dialect.
func TestImpactExpressionOfAServer(t *testing.T) {
	_, err := Parse(json.RawMessage(`{"mode": "prometheus", "prometheus": {"url": "vm:8428"}, "impact": {"expressions": [{"name": "a", "expression": "rate(x)"}]}}`), signals.Load())
	require.NoError(t, err)
}
