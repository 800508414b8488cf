package scrape

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	defaultTargetLimit = 5000
	// maxExamples is how many addresses a message names for each reason.
	maxExamples = 3
)

// targetList collects the targets that discovery lists, and the reasons for omitting others.
type targetList struct {
	allowLoopback bool
	limit         int
	targets       []discoveredTarget
	leftOut       int
	reasons       []leaveOutReason // in the order of their first occurrence
}

type leaveOutReason struct {
	text     string
	count    int
	examples []string
}

func (sp *scrapePool) newTargetList() *targetList {
	return &targetList{allowLoopback: sp.entry.AllowLoopback, limit: cmp.Or(sp.config.Limits.TargetLimit, defaultTargetLimit)}
}

// add adds a target unless its address is refused or there are too many.
func (l *targetList) add(d discoveredTarget) {
	host := d.url.Hostname()
	ip, err := netip.ParseAddr(host)
	refused := httpclient.CheckHost(host, l.allowLoopback)
	switch {
	case refused != nil && refused.Metadata:
		l.leaveOut(host, "cloud metadata addresses are never scraped")
	case refused != nil, !l.allowLoopback && (err == nil && httpclient.IsLoopback(ip) || isLocalhost(host)):
		l.leaveOut(host, "loopback and link-local addresses need allowLoopback: true in the entry of the settings")
	case l.isFull():
		l.leaveOutRest(d.url.Host)
	default:
		l.targets = append(l.targets, d)
	}
}

func (l *targetList) isFull() bool { return len(l.targets) >= l.limit }

// leaveOutRest leaves out an address of a list that is full.
func (l *targetList) leaveOutRest(address string) {
	r := l.reason("limits.targetLimit is " + strconv.Itoa(l.limit))
	if r.count >= maxExamples {
		l.leftOut++
		r.count++
		return
	}
	l.leaveOut(hostOf(address), r.text)
}

func (l *targetList) leaveOut(host, reason string) {
	l.leftOut++
	r := l.reason(reason)
	if r.count++; len(r.examples) < maxExamples {
		r.examples = append(r.examples, vocabulary.OneLine(host))
	}
}

// reason returns the entry of a reason, which is new if it has not occurred before.
func (l *targetList) reason(text string) *leaveOutReason {
	i := slices.IndexFunc(l.reasons, func(r leaveOutReason) bool { return r.text == text })
	if i < 0 {
		i = len(l.reasons)
		l.reasons = append(l.reasons, leaveOutReason{text: text})
	}
	return &l.reasons[i]
}

// result returns the targets and, as one message, everything that is left out.
func (l *targetList) result() discoveryResult {
	d := discoveryResult{targets: l.targets}
	if l.leftOut == 0 {
		return d
	}
	parts := make([]string, len(l.reasons))
	for i, r := range l.reasons {
		who := strings.Join(r.examples, ", ")
		if more := r.count - len(r.examples); more > 0 {
			who = fmt.Sprintf("%s and %d more", who, more)
		}
		parts[i] = who + ": " + r.text
	}
	d.why = failure(Discovery, "%d of %d listed targets are left out. %s.", l.leftOut, l.leftOut+len(l.targets), strings.Join(parts, ". "))
	return d
}

// isLocalhost reports whether a name stands for a loopback address whatever DNS says.
func isLocalhost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// hostOf returns the host of an address that may be invalid, for messages.
func hostOf(address string) string {
	if u, err := url.Parse("http://" + address); err == nil && u.Host != "" {
		return u.Host
	}
	if strings.Contains(address, "@") {
		return "an address with credentials"
	}
	return address
}
