package receiver

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of the series. They are public.
const (
	OnTimeAlerts     = "falco_alerts_on_time_total"
	DeliverySeconds  = "falco_alert_delivery_seconds"
	AlertsReceived   = "falco_alerts_received_total"
	DuplicateAlerts  = "falco_alert_duplicates_total"
	FutureTimestamps = "falco_alert_future_timestamps_total"
	OutOfOrder       = "falco_alert_out_of_order_total"
	MinimumDelay     = "falco_alert_minimum_delay_seconds"
	LastAlert        = "falco_alert_last_timestamp_seconds"
	RefusedRequests  = "falco_alert_receiver_refused_requests_total"
	UncountedAlerts  = "falco_alert_receiver_uncounted_alerts_total"
	AcceptedRequests = "falco_alert_receiver_accepted_requests_total"
	CanaryArrival    = "falco_canary_last_arrival_timestamp_seconds"
	CanaryDelivery   = "falco_canary_delivery_seconds"

	// StartTime and those below are without a node; the others are from the settings.
	StartTime        = "falco_alert_receiver_start_timestamp_seconds"
	CanaryPeriod     = "falco_alert_receiver_canary_period_seconds"
	ExpectedPriority = "falco_alert_receiver_expected_priority"
	ExpectedRule     = "falco_alert_receiver_expected_rule"
)

// Buckets are the upper bounds of the delivery time histogram, in seconds.
var Buckets = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}

// metrics are the series of one receiver. Their number is bounded.
type metrics struct {
	registry *prometheus.Registry

	delivery   *prometheus.HistogramVec
	received   *prometheus.CounterVec
	onTime     *prometheus.CounterVec
	duplicates *prometheus.CounterVec
	future     *prometheus.CounterVec
	disordered *prometheus.CounterVec
	minDelay   *prometheus.GaugeVec
	last       *prometheus.GaugeVec
	refused    *prometheus.CounterVec
	uncounted  prometheus.Counter
	accepted   prometheus.Counter
	snapshots  *snapshots

	canaryArrival    *prometheus.GaugeVec
	canaryDelivery   *prometheus.GaugeVec
	canaryPeriod     *prometheus.GaugeVec
	expectedPriority *prometheus.GaugeVec
	expectedRule     *prometheus.GaugeVec

	known map[seriesKey]struct{}
}

// seriesKey identifies what one alert adds to: a handful of series with the same labels.
type seriesKey struct{ node, path, priority, source, rule string }

func newMetrics(messages []Message, now func() time.Time) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), known: map[seriesKey]struct{}{}, snapshots: newSnapshots(messages, now)}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m.delivery = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: DeliverySeconds, Help: "Time from an event to the arrival of its alert.", Buckets: Buckets,
	}, []string{"node", "path", "priority", "source"})
	m.received = counter(AlertsReceived, "Alerts received, duplicates not counted.", "node", "path", "priority", "source", "rule")
	m.onTime = counter(OnTimeAlerts, "Alerts that arrived within the objective.", "node", "path", "priority", "source")
	m.duplicates = counter(DuplicateAlerts, "Alerts received more than once.", "node", "path")
	m.future = counter(FutureTimestamps, "Alerts whose time was ahead of the receiver's clock.", "node", "path")
	m.disordered = counter(OutOfOrder, "Alerts that arrived after a younger one of the same node.", "node", "path")
	m.minDelay = gauge(MinimumDelay, "Shortest delivery time of the last minutes; negative if the node's clock is ahead.", "node", "path")
	m.last = gauge(LastAlert, "Time of the last alert of a rule, as the node tells it.", "node", "path", "rule")
	m.refused = counter(RefusedRequests, "Requests that were refused.", "reason")
	m.uncounted = prometheus.NewCounter(prometheus.CounterOpts{Name: UncountedAlerts, Help: "Alerts not counted because of the limit on series."})
	m.accepted = prometheus.NewCounter(prometheus.CounterOpts{Name: AcceptedRequests, Help: "Requests that were accepted."})
	m.canaryArrival = gauge(CanaryArrival, "Time at which the last alert of the canary arrived.", "node", "path")
	m.canaryDelivery = gauge(CanaryDelivery, "Delivery time of the last alert of the canary.", "node", "path")
	m.canaryPeriod = gauge(CanaryPeriod, "Period of the canary (receiver.canary.period).", "rule")
	m.expectedPriority = gauge(ExpectedPriority, "Priorities whose alerts are sent to the receiver (receiver.minimumPriority).", "priority")
	m.expectedRule = gauge(ExpectedRule, "Rules whose alerts are sent to the receiver (receiver.rules); none if all are.", "rule_name")
	start := prometheus.NewGauge(prometheus.GaugeOpts{Name: StartTime, Help: "Time since when the receiver counts."})
	start.Set(float64(now().UnixMilli()) / 1000)
	m.registry.MustRegister(m.delivery, m.received, m.onTime, m.duplicates, m.future, m.disordered, m.minDelay, m.last,
		m.refused, m.uncounted, m.accepted, m.snapshots, m.canaryArrival, m.canaryDelivery, m.canaryPeriod,
		m.expectedPriority, m.expectedRule, start)
	return m
}

// configure writes the series that tell of the settings. A canary of another rule starts anew.
func (m *metrics) configure(c, previous Config) {
	if c.CanaryRule != previous.CanaryRule {
		m.canaryArrival.Reset()
		m.canaryDelivery.Reset()
	}
	m.canaryPeriod.Reset()
	if c.CanaryRule != "" {
		m.canaryPeriod.WithLabelValues(c.CanaryRule).Set(c.CanaryPeriod.Seconds())
	}
	m.expectedPriority.Reset()
	for _, priority := range c.ExpectedPriorities {
		m.expectedPriority.WithLabelValues(priority).Set(1)
	}
	m.expectedRule.Reset()
	for _, rule := range c.ExpectedRules {
		m.expectedRule.WithLabelValues(rule).Set(1)
	}
}

// admit reports whether there is room for the series of an alert.
func (m *metrics) admit(key seriesKey, limit int) bool {
	if _, known := m.known[key]; known {
		return true
	}
	if len(m.known) >= limit {
		return false
	}
	m.known[key] = struct{}{}
	return true
}

// forget removes all series of some nodes.
func (m *metrics) forget(nodes map[string]struct{}) {
	for key := range m.known {
		if _, isGone := nodes[key.node]; !isGone {
			continue
		}
		delete(m.known, key)
		m.received.DeleteLabelValues(key.node, key.path, key.priority, key.source, key.rule)
		m.delivery.DeleteLabelValues(key.node, key.path, key.priority, key.source)
		m.onTime.DeleteLabelValues(key.node, key.path, key.priority, key.source)
		m.last.DeleteLabelValues(key.node, key.path, key.rule)
		for _, vector := range []interface{ DeleteLabelValues(...string) bool }{
			m.duplicates, m.future, m.disordered, m.minDelay, m.canaryArrival, m.canaryDelivery,
		} {
			vector.DeleteLabelValues(key.node, key.path)
		}
	}
	m.snapshots.forget(nodes)
}
