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
)

// What the plugin calls a Falco, whatever the labels of the store are.
const (
	clusterLabel = "cluster"
	nodeLabel    = "node"
	kindLabel    = "kind"
)

// Identity are the labels of the store that tell Falcos apart: the last is what people call the node, one before it the
// cluster.
type Identity []string

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// ParseIdentity checks the setting; none means instance.
func ParseIdentity(names []string) (Identity, error) {
	if len(names) == 0 {
		return Identity{"instance"}, nil
	}
	if len(names) > 2 || len(names) == 2 && names[0] == names[1] {
		return nil, fmt.Errorf("store.identity is %q: expected one label or two, the node last and before it the cluster, such as [\"instance\"] or [\"cluster\", \"node\"]", names)
	}
	for _, name := range names {
		if !labelName.MatchString(name) || strings.HasPrefix(name, "__") || name == kindLabel {
			return nil, fmt.Errorf("store.identity has the label %q: expected letters, digits and underscores, no leading digit, not __… and not kind", name)
		}
	}
	return names, nil
}

// Written is what the store calls cluster or node; every other label keeps its name. Where the store has no label for the
// cluster, it is empty.
func (id Identity) Written(label string) string {
	switch {
	case label == nodeLabel:
		return id[len(id)-1]
	case label == clusterLabel && len(id) == 2:
		return id[0]
	case label == clusterLabel:
		return ""
	}
	return label
}

// called is what the plugin calls a label of the store: the reverse of Written. What the store has under one of the
// plugin's two names, and is none of the identity, is renamed as Prometheus renames labels of targets.
func (id Identity) called(label string) string {
	switch {
	case label == id[len(id)-1]:
		return nodeLabel
	case len(id) == 2 && label == id[0]:
		return clusterLabel
	case label == nodeLabel, label == clusterLabel:
		return "exported_" + label
	}
	return label
}

// target are the labels that tell targets of the store's scraper apart.
func (id Identity) target() string {
	names := []string{"job", "instance"}
	for _, name := range id {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// ParseMatchers reads extra matchers as PromQL has them within braces, which may be there or not.
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
		return nil, fmt.Errorf("store.matchers is %q: expected matchers such as job=\"falco\", cluster=~\"prod.*\" (%w)", text, err)
	}
	return slices.DeleteFunc(all, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }), nil
}

// ParseURL checks the address of a store: what comes before /api/v1. Secrets are not repeated.
func ParseURL(text string) (*url.URL, error) {
	const expected = "expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428"
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("store.url is empty: " + expected)
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("store.url cannot be read: " + expected)
	case u.User != nil:
		return nil, errors.New("store.url holds a user name or a password, which every viewer could read: remove it and use the data source's authentication settings")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("store.url begins with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, errors.New("store.url has no host: " + expected)
	}
	if name := httpclient.SecretParameter(u.Query()); name != "" {
		return nil, fmt.Errorf("store.url holds %q in its query, which every viewer could read: remove it and use the data source's authentication settings or a header", name)
	}
	u.Fragment = ""
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api/v1")
	return u, nil
}
