package scrape

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	balanceMemory = time.Hour // how long a switch counts, and how long it has to be quiet
	maxProcesses  = 64        // remembered per address
)

// process is what tells one Falco from another behind the same address.
type process struct {
	host  string
	start int64 // unix ms; 0 when the answer has none
}

// balancer finds out whether an address is a load balancer. A process that has gone never comes back, so that
// the return of an earlier (host, start) is proof. Before that, with many processes behind the address: twice within
// an hour another host whose process was already running when the last one answered; once may be an address that was
// pointed elsewhere.
type balancer struct {
	on         bool
	last       process
	answered   time.Time // when last did
	lastSwitch time.Time
	earlier    []seenProcess // oldest first, last not among them
}

type seenProcess struct {
	process
	until    time.Time
	overtook bool // it gave way to a process that had been running meanwhile
}

// observe takes in an answer; detected is true when this one is the proof.
func (b *balancer) observe(p process, now time.Time) (detected bool) {
	if p == (process{}) {
		return false
	}
	if b.on && now.Sub(b.lastSwitch) >= balanceMemory {
		b.on, b.earlier = false, nil
	}
	defer func() { b.last, b.answered = p, now }()
	if p == b.last || b.last == (process{}) {
		return false
	}
	b.lastSwitch = now
	b.earlier = slices.DeleteFunc(b.earlier, func(s seenProcess) bool { return now.Sub(s.until) >= balanceMemory })
	returned := slices.ContainsFunc(b.earlier, func(s seenProcess) bool { return s.process == p })
	overtook := p.host != b.last.host && p.start > 0 && p.start < b.answered.UnixMilli()
	twice := overtook && slices.ContainsFunc(b.earlier, func(s seenProcess) bool { return s.overtook })
	if len(b.earlier) == maxProcesses {
		b.earlier = b.earlier[1:]
	}
	b.earlier = append(b.earlier, seenProcess{b.last, b.answered, overtook})
	detected = !b.on && (returned || twice)
	b.on = b.on || detected
	return detected
}

// hosts are the names that answered lately, sorted.
func (b *balancer) hosts() []string {
	names := []string{b.last.host}
	for _, s := range b.earlier {
		names = append(names, s.host)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (b *balancer) failure() *Failure {
	who := "Several processes"
	if hosts := b.hosts(); len(hosts) > 3 {
		who = fmt.Sprintf("%s and %d more", strings.Join(hosts[:3], ", "), len(hosts)-3)
	} else if len(hosts) > 1 {
		who = strings.Join(hosts, ", ")
	}
	return failure(Balanced, "%s answer in turn at this address: it is a load balancer, and no rate can be worked out of what it gives. Make the Service headless (clusterIP: None) and set discovery: dns, so that each Falco is scraped by itself.", who)
}
