package provision

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The types below are YAML values whose variables are expanded while decoding, so that a file may contain
// `editable: $EDITABLE`.
type (
	text   string
	number int64
	truth  bool
	tree   map[string]any
	texts  map[string]string
)

func (v *text) UnmarshalYAML(node *yaml.Node) error {
	raw := ""
	if err := node.Decode(&raw); err != nil {
		return err
	}
	expanded, err := expand(raw)
	*v = text(expanded)
	return err
}

func (v *number) UnmarshalYAML(node *yaml.Node) error {
	var raw text
	if err := node.Decode(&raw); err != nil || raw == "" {
		return err
	}
	parsed, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return fmt.Errorf("line %d: expected a whole number, found %q", node.Line, raw)
	}
	*v = number(parsed)
	return nil
}

func (v *truth) UnmarshalYAML(node *yaml.Node) error {
	var raw text
	if err := node.Decode(&raw); err != nil || raw == "" {
		return err
	}
	parsed, err := strconv.ParseBool(string(raw))
	if err != nil {
		return fmt.Errorf("line %d: expected true or false, found %q", node.Line, raw)
	}
	*v = truth(parsed)
	return nil
}

func (v *tree) UnmarshalYAML(node *yaml.Node) error {
	raw := map[string]any{}
	if err := node.Decode(&raw); err != nil {
		return err
	}
	_, err := expandTree(raw)
	*v = raw
	return err
}

func (v *texts) UnmarshalYAML(node *yaml.Node) error {
	raw := map[string]text{}
	if err := node.Decode(&raw); err != nil {
		return err
	}
	*v = make(texts, len(raw))
	for key, value := range raw {
		(*v)[key] = string(value)
	}
	return nil
}
