package failure

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// JSONType explains a JSON value of the wrong type.
func JSONType(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		field := strings.ReplaceAll(wrong.Field, "targetFacts.", "") // an embedded struct is none of the JSON's
		return fmt.Errorf("%s: expected a %s, found %s", field, jsonType(wrong.Type.Kind()), wrong.Value)
	}
	return fmt.Errorf("the settings are no valid JSON: %w", err)
}

// jsonType returns what JSON calls a Go type.
func jsonType(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "string in quotes"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "list"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Int, reflect.Int64:
		return "whole number"
	}
	return "number"
}
