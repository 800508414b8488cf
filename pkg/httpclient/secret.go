package httpclient

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// secretWords are parts of parameter names that suggest a secret.
var secretWords = []string{"token", "key", "pass", "pwd", "secret", "auth", "credential", "signature", "jwt", "bearer", "session"}

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
	return name == "sig" || slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}
