package scrape

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// switchMemory is how long a change of process counts, and how long an address must be stable to be trusted again.
	switchMemory = time.Hour
	// maxPastProcesses bounds what is remembered of an address.
	maxPastProcesses = 64
)

// loadBalancerDetector finds out whether several processes respond at one address. A process that has ended never
// comes back, so the return of an earlier (host, start time) is proof. With many processes behind an address that
// takes long, so this is also proof: twice within an hour, another host responds whose process was already running
// when the previous one responded. Once may be an address that was pointed elsewhere.
type loadBalancerDetector struct {
	detected   bool
	last       exposition.ProcessIdentity
	lastTime   time.Time // when last responded
	lastSwitch time.Time
	past       []pastProcess // oldest first, without last
	counters   counterSwitches
}

type pastProcess struct {
	exposition.ProcessIdentity
	until    time.Time
	overtook bool // the next process had been running meanwhile
}

// observe takes a response into account. It returns true for the response that is the proof.
func (d *loadBalancerDetector) observe(p exposition.ProcessIdentity, now time.Time) bool {
	if p == (exposition.ProcessIdentity{}) {
		return false
	}
	if d.detected && now.Sub(d.lastSwitch) >= switchMemory {
		d.detected, d.past = false, nil
	}
	defer func() { d.last, d.lastTime = p, now }()
	if p == d.last || d.last == (exposition.ProcessIdentity{}) {
		return false
	}
	d.lastSwitch = now
	d.past = slices.DeleteFunc(d.past, func(s pastProcess) bool { return now.Sub(s.until) >= switchMemory })
	returned := slices.ContainsFunc(d.past, func(s pastProcess) bool { return s.ProcessIdentity == p })
	overtook := p.Host != d.last.Host && p.Start > 0 && p.Start < d.lastTime.UnixMilli()
	twice := overtook && slices.ContainsFunc(d.past, func(s pastProcess) bool { return s.overtook })
	if len(d.past) == maxPastProcesses {
		d.past = d.past[1:]
	}
	d.past = append(d.past, pastProcess{d.last, d.lastTime, overtook})
	proof := !d.detected && (returned || twice)
	d.detected = d.detected || proof
	return proof
}

// hosts returns the names of the hosts that responded recently, sorted.
func (d *loadBalancerDetector) hosts() []string {
	names := []string{d.last.Host}
	for _, s := range d.past {
		names = append(names, s.Host)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (d *loadBalancerDetector) failure() *Failure {
	who := "Several processes"
	hosts := d.hosts()
	for i := range hosts {
		hosts[i] = vocabulary.OneLine(hosts[i])
	}
	if len(hosts) > 3 {
		who = fmt.Sprintf("%s and %d more", strings.Join(hosts[:3], ", "), len(hosts)-3)
	} else if len(hosts) > 1 {
		who = strings.Join(hosts, ", ")
	}
	return failure(BehindLoadBalancer, "%s take turns to respond at this address: it is a load balancer, and rates cannot be calculated. Make the Service headless (clusterIP: None) and set discovery: dns, so that each instance is scraped separately.", who)
}
