package scrape

import "time"

// renameRemarkFor is how long a changed host name is told.
const renameRemarkFor = time.Hour

// hostNames follows the host name that a target reports. A name that changes with every process is usually that of the
// pod, and makes a new node of every restart.
type hostNames struct {
	former  string // before the current one
	changed time.Time
}

// observe takes the host name of a response into account.
func (h *hostNames) observe(before, now string, at time.Time) {
	if before != "" && now != before {
		h.former, h.changed = before, at
	}
}

// renameRemark returns what to say about a host name that has changed. A node label in the settings makes it harmless.
func (t *target) renameRemark(now time.Time) *Failure {
	_, labelled := t.labels[nodeLabel]
	if t.status.Kind != KindFalco || t.hostNames.changed.IsZero() || now.Sub(t.hostNames.changed) >= renameRemarkFor || labelled || t.loadBalancer.Detected() {
		return nil
	}
	return failure(HostRenamed, "Falco reports the host name %s after %s: its history begins anew under the new name. A name that changes at every start is usually that of the pod. %s.",
		t.host, t.hostNames.former, t.reading.Scraping.HostNameFix)
}
