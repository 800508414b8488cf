package httpclient

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
)

// SecretParameter returns the name of the first parameter that looks like a secret, or an empty string.
func SecretParameter(parameters url.Values) string {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if isSecret(name) {
			return name
		}
	}
	return ""
}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	secrets := contract.Load().Secrets
	return slices.Contains(secrets.Names, name) || slices.ContainsFunc(secrets.Words, func(word string) bool { return strings.Contains(name, word) })
}
