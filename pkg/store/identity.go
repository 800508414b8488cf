package store

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Identity holds the server's labels that identify a Falco: the last one is the node, the one before it, if any, the
// cluster.
type Identity []string

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// ParseIdentity checks prometheus.identityLabels. The default is instance.
func ParseIdentity(names []string) (Identity, error) {
	if len(names) == 0 {
		return Identity{"instance"}, nil
	}
	if len(names) > 2 || len(names) == 2 && names[0] == names[1] {
		return nil, fmt.Errorf("prometheus.identityLabels is %q: expected one label for the node, or two for the cluster and the node, such as [\"instance\"] or [\"cluster\", \"node\"]", names)
	}
	for _, name := range names {
		if !labelName.MatchString(name) || strings.HasPrefix(name, "__") || name == target.KindLabel {
			return nil, fmt.Errorf("prometheus.identityLabels contains %q: expected letters, digits and underscores, no leading digit, not __… and not kind", name)
		}
	}
	return names, nil
}

// ServerLabel returns the server's name for a label of the plugin. It is empty for the cluster if the identity has none.
func (id Identity) ServerLabel(label string) string {
	switch {
	case label == target.NodeLabel:
		return id[len(id)-1]
	case label == target.ClusterLabel && len(id) == 2:
		return id[0]
	case label == target.ClusterLabel:
		return ""
	}
	return label
}

// pluginLabel returns the plugin's name for a label of the server; it is the inverse of ServerLabel. A label called node or
// cluster that is not part of the identity gets the prefix that Prometheus uses for conflicting labels.
func (id Identity) pluginLabel(label string) string {
	switch {
	case label == id[len(id)-1]:
		return target.NodeLabel
	case len(id) == 2 && label == id[0]:
		return target.ClusterLabel
	case label == target.NodeLabel, label == target.ClusterLabel:
		return "exported_" + label
	}
	return label
}

// targetLabels lists the labels that identify a target of the server, for use in `by` and `on`.
func (id Identity) targetLabels() string {
	names := []string{"job", "instance"}
	for _, name := range id {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// ParseMatchers parses prometheus.matchers: PromQL matchers with or without braces.
func ParseMatchers(text string) ([]*labels.Matcher, error) {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "{"); ok && strings.HasSuffix(inner, "}") {
		text = strings.TrimSuffix(inner, "}")
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	all, err := parser.NewParser(parser.Options{}).ParseMetricSelector("up{" + text + "}")
	if err != nil {
		var parse parser.ParseErrors
		if errors.As(err, &parse) && len(parse) > 0 {
			err = parse[0].Err
		}
		return nil, fmt.Errorf("prometheus.matchers is %q: expected matchers such as job=\"falco\", cluster=~\"prod.*\" (%w)", text, err)
	}
	return slices.DeleteFunc(all, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }), nil
}

// ParseURL checks prometheus.url, the part of the address before /api/v1. Its errors do not repeat secrets.
func ParseURL(text string) (*url.URL, error) {
	const expected = "expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428"
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("prometheus.url is empty: " + expected)
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("prometheus.url is not a URL: " + expected)
	case u.User != nil:
		return nil, errors.New("prometheus.url contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("prometheus.url starts with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, errors.New("prometheus.url has no host: " + expected)
	}
	if name := httpclient.SecretParameter(u.Query()); name != "" {
		return nil, fmt.Errorf("prometheus.url contains the parameter %q, which every viewer could read: remove it and use the data source's authentication settings or a header", name)
	}
	u.Fragment = ""
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api/v1")
	return u, nil
}
