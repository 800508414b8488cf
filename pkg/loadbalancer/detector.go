// Package loadbalancer finds addresses behind which several processes respond in turn.
package loadbalancer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// switchMemory is how long a change of process counts, and how long an address must be stable to be trusted again.
	switchMemory = time.Hour
	// maxPastProcesses bounds what is remembered of an address.
	maxPastProcesses = 64
)

// Detector finds out whether several processes respond at one address. A process that has ended never
// comes back, so the return of an earlier (host, start time) is proof. With many processes behind an address that
// takes long, so this is also proof: twice within an hour, another host responds whose process was already running
// when the previous one responded. Once may be an address that was pointed elsewhere.
type Detector struct {
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

// Observe takes a response into account. It returns true for the response that is the proof.
func (d *Detector) Observe(p exposition.ProcessIdentity, now time.Time) bool {
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

// Detected reports whether several processes respond.
func (d *Detector) Detected() bool { return d.detected }

// Hosts returns the names of the hosts that responded recently, sorted.
func (d *Detector) Hosts() []string {
	names := []string{d.last.Host}
	for _, s := range d.past {
		names = append(names, s.Host)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Failure returns what to say about the address.
func (d *Detector) Failure() *target.Failure {
	who := "Several processes"
	hosts := d.Hosts()
	for i := range hosts {
		hosts[i] = target.OneLine(hosts[i])
	}
	if len(hosts) > 3 {
		who = fmt.Sprintf("%s and %d more", strings.Join(hosts[:3], ", "), len(hosts)-3)
	} else if len(hosts) > 1 {
		who = strings.Join(hosts, ", ")
	}
	return target.Failf(target.BehindLoadBalancer, "%s take turns to respond at this address: it is a load balancer, and rates cannot be calculated. Make the Service headless (clusterIP: None) and set discovery: dns, so that each instance is scraped separately.", who)
}
