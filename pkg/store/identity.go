package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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

// SampleLabel returns the server's name for a label of a result; it is the inverse of pluginLabel.
func (id Identity) SampleLabel(label string) string {
	switch label {
	case target.NodeLabel, target.ClusterLabel:
		return id.ServerLabel(label)
	case "exported_" + target.NodeLabel:
		return target.NodeLabel
	case "exported_" + target.ClusterLabel:
		return target.ClusterLabel
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
