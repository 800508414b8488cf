package request

import (
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
)

// TimeParameters reads the parameters from and to of a resource: unix milliseconds. A missing parameter leaves its side
// open.
func TimeParameters(req *http.Request) (from, to int64, err error) {
	to = math.MaxInt64
	for name, at := range map[string]*int64{"from": &from, "to": &to} {
		text := req.URL.Query().Get(name)
		if text == "" {
			continue
		}
		if *at, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, 0, failure.User(fmt.Errorf("the time %s is %q: expected unix milliseconds", name, text))
		}
	}
	return from, to, nil
}
