package promapi

import (
	"context"
	"math"
	"net/url"
	"time"

	jsoniter "github.com/json-iterator/go"
)

// labelsLookback is how far back labels are read if a query has no start.
const labelsLookback = 24 * time.Hour

// LabelNames returns the names of the labels on the series of some selectors between two times in Unix milliseconds, as the
// server calls them. Without a selector it returns those of all series.
func (c *Client) LabelNames(ctx context.Context, from, to int64, selectors ...string) ([]string, error) {
	return c.requestStrings(ctx, labelsEndpoint, c.labelParameters(from, to, selectors))
}

// LabelValues is like LabelNames for the values of a label.
func (c *Client) LabelValues(ctx context.Context, label string, from, to int64, selectors ...string) ([]string, error) {
	endpoint, err := labelValuesEndpoint(label)
	if err != nil {
		return nil, err
	}
	return c.requestStrings(ctx, endpoint, c.labelParameters(from, to, selectors))
}

// labelParameters returns the parameters of a request for labels. An open start is a day before the end, an open end is now.
func (c *Client) labelParameters(from, to int64, selectors []string) url.Values {
	end := c.config.Now()
	if to < math.MaxInt64 {
		end = time.UnixMilli(to)
	}
	start := end.Add(-labelsLookback)
	if from > 0 {
		start = time.UnixMilli(from)
	}
	p := url.Values{"start": {formatTime(start)}, "end": {formatTime(end)}}
	if len(selectors) > 0 {
		p["match[]"] = selectors
	}
	return p
}

// maxStrings limits a list of label names or values.
const maxStrings = 100_000

// requestStrings requests a list of strings and keeps the first maxStrings.
func (c *Client) requestStrings(ctx context.Context, to endpoint, p url.Values) (out []string, err error) {
	d := &decoder{}
	d.readData = func(it *jsoniter.Iterator) {
		for it.ReadArray() && d.err == nil {
			if len(out) == maxStrings {
				d.body.skip(it)
				continue
			}
			text := it.ReadString()
			d.body.endToken()
			d.charge(sampleBytes + len(text))
			out = append(out, text)
		}
	}
	err = c.admitted(ctx, func() error { return c.request(ctx, to, p, d) })
	return out, err
}
