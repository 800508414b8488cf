package datasource

import (
	"context"
	"errors"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// openReceiver returns the alert receiver of a data source, nil where the settings turn it off. targets is nil in
// Prometheus mode, in which the receiver's series are only exposed.
func openReceiver(ctx context.Context, s backend.DataSourceInstanceSettings, source *request.Source, recorder *receiver.Recorder, targets func() []target.Status) (*receiver.Handle, error) {
	key := receiverKey(ctx, s)
	from := source.Settings
	if !from.Receiver.Enabled {
		recorder.Close(key)
		return nil, nil
	}
	secret := s.DecryptedSecureJSONData[settings.ReceiverSecret]
	if secret == "" {
		return nil, errors.New("receiver.enabled is true, but the receiver has no secret: set one in the section Alert receiver (secureJsonData.receiverSecret)")
	}
	config := receiver.Config{
		Secret: secret, MaxBody: from.Limits.BodySizeLimit,
		MaxRate: from.Receiver.RateLimit, MaxSeries: from.Receiver.SeriesLimit, Objective: from.Receiver.Objective,
		Messages:           messagesOf(source.Catalogue.Receiver),
		ExpectedPriorities: from.Receiver.Priorities, ExpectedRules: from.Receiver.Rules,
		CanaryRule: from.Receiver.Canary.Rule, CanaryPeriod: from.Receiver.Canary.Period,
	}
	recording := receiver.Recording{Retention: from.Retention, Bytes: from.RetentionSize}
	if targets != nil {
		recording.Interval = from.Interval
		recording.Labels = func() map[string]labels.Labels { return labelsOfNodes(targets(), from.TargetLabels) }
	}
	return recorder.Open(key, config, recording), nil
}

func receiverKey(ctx context.Context, s backend.DataSourceInstanceSettings) receiver.Key {
	return receiver.Key{OrgID: backend.PluginConfigFromContext(ctx).OrgID, UID: s.UID} //nolint:staticcheck // SA1019: every supported Grafana sends the number
}

// exposedBy returns matchers for the series that the replicas of Grafana expose for a receiver.
func exposedBy(key receiver.Key) (out []*labels.Matcher) {
	labels.FromMap(key.Labels()).Range(func(l labels.Label) {
		out = append(out, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
	})
	return out
}

func messagesOf(r signals.Receiver) []receiver.Message {
	out := make([]receiver.Message, 0, len(r.Messages))
	for _, m := range r.Messages {
		fields := make([]receiver.Field, 0, len(m.Fields))
		for _, f := range m.Fields {
			fields = append(fields, receiver.Field(f))
		}
		out = append(out, receiver.Message{Rule: m.Rule, SourceField: m.SourceField, Fields: fields})
	}
	return out
}

// labelsOfNodes returns the labels of each node that signals can be grouped by: the cluster, and those that the settings
// add to targets. A node whose name several targets with different labels have gets none.
func labelsOfNodes(targets []target.Status, names []string) map[string]labels.Labels {
	names = append([]string{target.ClusterLabel}, names...)
	nodes := make(map[string]labels.Labels, len(targets))
	for _, t := range targets {
		if t.Kind != target.KindFalco {
			continue
		}
		own := t.Labels.MatchLabels(true, names...)
		if known, ok := nodes[t.Node()]; ok && !labels.Equal(known, own) {
			own = labels.EmptyLabels()
		}
		nodes[t.Node()] = own
	}
	return nodes
}

// receivedAlerts returns what a receiver counted, nil without one.
func receivedAlerts(h *receiver.Handle) *history.History {
	if h == nil {
		return nil
	}
	return h.History()
}

// receiveAlerts serves POST alerts, the destination of Falco's http_output and Falcosidekick's webhook.
func (d *Instance) receiveAlerts(w http.ResponseWriter, req *http.Request) {
	switch {
	case d.broken != nil:
		fail(w, http.StatusServiceUnavailable, d.broken)
	case d.received == nil:
		fail(w, http.StatusNotFound, errors.New("the alert receiver is off: set receiver.enabled in the settings of the data source"))
	default:
		d.received.ServeHTTP(w, req)
	}
}
