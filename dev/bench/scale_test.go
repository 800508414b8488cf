package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPunctuality(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(seconds ...float64) *requests {
		r := &requests{}
		for _, s := range seconds {
			r.times = append(r.times, began.Add(time.Duration(s*float64(time.Second))))
		}
		return r
	}
	for name, c := range map[string]struct {
		times []float64
		want  punctuality
	}{
		"on time":                     {[]float64{-10, 5, 20.1, 35, 50}, punctuality{Most: 100 * time.Millisecond}},
		"the first one is late":       {[]float64{6, 20, 35, 50}, punctuality{Late: 1, Most: time.Second}},
		"one is early":                {[]float64{5, 19.8, 35, 50}, punctuality{Late: 1, Most: 200 * time.Millisecond}},
		"one is missing":              {[]float64{5, 20, 50}, punctuality{Missed: 1}},
		"the last ones are missing":   {[]float64{5, 20}, punctuality{Missed: 2}},
		"there is none in the period": {[]float64{-10}, punctuality{Missed: 4}},
	} {
		require.Equal(t, c.want, at(c.times...).punctuality(began, began.Add(time.Minute)), name)
	}
}
