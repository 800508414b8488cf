// Package provision reads a provisioning folder like Grafana: data sources, dashboard providers and
// alert rules, with environment variables expanded.
package provision

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// expander matches Grafana's notation for values from the environment or from a file.
var expander = regexp.MustCompile(`\$__(env|file)\{([^}]+)\}`)

// expand replaces `$NAME`, `${NAME}`, `$__env{NAME}` and `$__file{path}`. `$$` is a literal dollar
// sign. An unset variable becomes an empty string, as in Grafana.
func expand(value string) (string, error) {
	parts := strings.Split(value, "$$")
	for i, part := range parts {
		part, err := expandReferences(part)
		if err != nil {
			return "", err
		}
		parts[i] = os.ExpandEnv(part)
	}
	return strings.Join(parts, "$"), nil
}

func expandReferences(value string) (string, error) {
	var failed error
	expanded := expander.ReplaceAllStringFunc(value, func(match string) string {
		reference := expander.FindStringSubmatch(match)
		if reference[1] == "env" {
			return os.Getenv(reference[2])
		}
		content, err := os.ReadFile(reference[2])
		if err != nil {
			failed = fmt.Errorf("%s: cannot read the file: %w", match, err)
		}
		return strings.TrimSpace(string(content))
	})
	return expanded, failed
}

// expandTree expands every string of a YAML tree. As in Grafana, a string that a variable turned into
// a number or a boolean becomes one, and a string with `$$` remains a string.
func expandTree(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			expanded, err := expandTree(item)
			if err != nil {
				return nil, err
			}
			value[key] = expanded
		}
		return value, nil
	case []any:
		for i, item := range value {
			expanded, err := expandTree(item)
			if err != nil {
				return nil, err
			}
			value[i] = expanded
		}
		return value, nil
	case string:
		expanded, err := expand(value)
		if err != nil || expanded == value || strings.Contains(value, "$$") {
			return expanded, err
		}
		return typed(expanded), nil
	default:
		return value, nil
	}
}

func typed(text string) any {
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number
	}
	if number, err := strconv.ParseFloat(text, 64); err == nil {
		return number
	}
	if truth, err := strconv.ParseBool(text); err == nil {
		return truth
	}
	return text
}
