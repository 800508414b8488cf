package receiver

import (
	"hash/maphash"
	"time"
)

// recentAlerts remembers the alerts of the last minutes, to recognise duplicates. It keeps two generations: a new one
// replaces the older of them when it is full or old enough, so that memory is bounded and nothing is ever searched.
type recentAlerts struct {
	seed     maphash.Seed
	capacity int           // of one generation
	lifetime time.Duration // of one generation

	current, previous map[uint64]struct{}
	since             time.Time // of the current generation
}

func newRecentAlerts(capacity int, lifetime time.Duration) *recentAlerts {
	return &recentAlerts{seed: maphash.MakeSeed(), capacity: capacity, lifetime: lifetime, current: map[uint64]struct{}{}}
}

// add remembers an alert and reports whether it is new.
func (r *recentAlerts) add(a *alert, now time.Time) bool {
	if len(r.current) >= r.capacity || now.Sub(r.since) >= r.lifetime {
		r.previous, r.current, r.since = r.current, make(map[uint64]struct{}, len(r.current)), now
	}
	key := r.key(a)
	if _, known := r.current[key]; known {
		return false
	}
	if _, known := r.previous[key]; known {
		return false
	}
	r.current[key] = struct{}{}
	return true
}

// key identifies an alert: by its UUID, or by time, rule and host name where the sender gives none.
func (r *recentAlerts) key(a *alert) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	if a.UUID != "" {
		h.WriteString(a.UUID)
		return h.Sum64()
	}
	h.WriteString(a.Time.UTC().Format(time.RFC3339Nano))
	h.WriteByte(0)
	h.WriteString(a.Rule)
	h.WriteByte(0)
	h.WriteString(a.Hostname)
	return h.Sum64()
}
