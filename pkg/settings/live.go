package settings

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
)

// Live holds the settings of live panels. Live is off if Interval is 0.
type Live struct {
	Interval     time.Duration
	AllowViewers bool
}

func (d jsonData) liveSettings(p *problems) Live {
	interval, err := model.ParseDuration(d.Live.MinInterval)
	length := time.Duration(interval)
	if err != nil || length != 0 && !within(contract.Load().Bounds.LiveIntervalMs, length) {
		p.add("live.minInterval is %s: expected a duration from 500ms to 1m, or 0 to turn live off", d.Live.MinInterval)
	}
	return Live{length, d.Live.AllowViewers}
}
