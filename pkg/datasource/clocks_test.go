package datasource

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run writes what a Falco exports that started at a time, read at scrapes every 15 seconds in between. Its clock is ahead.
func (f *fakeFleet) run(node string, started, from, to time.Time, ahead time.Duration) {
	of := func(name string) []string {
		return []string{"__name__", name, "cluster", "demo", "node", node, "zone", "a"}
	}
	for at := from; !at.After(to); at = at.Add(15 * time.Second) {
		start := float64(started.Add(ahead).UnixNano())
		f.setAt(at, start, of("falcosecurity_falco_start_timestamp_nanoseconds")...)
		f.setAt(at, start, of("falcosecurity_falco_reload_timestamp_nanoseconds")...)
		f.setAt(at, float64(int(at.Sub(started).Seconds())), of("falcosecurity_falco_duration_seconds_total")...)
		f.setAt(at, 1, of("up")...)
	}
}

// restarted is a node whose Falco restarted at 11:45:04, between the scrapes of 11:45:00 and 11:45:15.
func (f *fakeFleet) restarted(node string, ahead time.Duration) {
	of := func(clock string) time.Time {
		at, _ := time.Parse(time.TimeOnly, clock)
		return noon.Truncate(24 * time.Hour).Add(at.Sub(at.Truncate(24 * time.Hour)))
	}
	f.run(node, of("08:00:00"), of("11:10:00"), of("11:45:00"), ahead)
	f.run(node, of("11:45:04"), of("11:45:15"), of("12:00:00"), ahead)
}

// TestEventsOfWrongClocks checks that a wrong clock of a node moves no event out of its place or its range, and is told.
func TestEventsOfWrongClocks(t *testing.T) {
	d, f := newTest(t, falco("behind"), falco("ahead"), falco("right"))
	f.restarted("right", 0)
	f.restarted("ahead", 2*time.Hour)
	f.restarted("behind", -90*time.Second)
	res := queryOne(t, d, `{"queryType": "events", "signals": ["restart", "reload"]}`)
	require.Equal(t, []string{
		"11:45:15.000 | Restart | ahead",
		"11:45:15.000 | Restart | behind",
		"11:45:04.000 | Restart | right",
	}, rows(t, res, "time", "title", "node"))
	require.Equal(t, []string{
		"warning: Falco reports wrong times of restarts and reloads on 2 of 3 nodes: behind, ahead. They are shown at the first scrape after them. " +
			"The clocks of 2 nodes differ from Grafana's: behind (90 s behind), ahead (2 h ahead). Check time synchronisation on the nodes.",
	}, texts(t, res))
}

// TestEventsOfAlmostRightClocks checks that a clock that is off by less than the distance of two scrapes is not told.
func TestEventsOfAlmostRightClocks(t *testing.T) {
	d, f := newTest(t, falco("a"), falco("b"))
	f.restarted("a", 6*time.Second)  // says 11:45:10
	f.restarted("b", -6*time.Second) // says 11:44:58, when it still answered as the process before
	res := queryOne(t, d, `{"queryType": "events", "signals": ["restart"]}`)
	require.Equal(t, []string{"11:45:15.000 | b", "11:45:10.000 | a"}, rows(t, res, "time", "node"))
	require.Empty(t, texts(t, res))
}

func TestWrongClocksInHealth(t *testing.T) {
	for name, c := range map[string]struct {
		ahead []time.Duration
		want  string
	}{
		"none":  {[]time.Duration{0, 5 * time.Second}, ""},
		"one":   {[]time.Duration{0, -36 * time.Hour}, "The clock of node-2 is about 36 h behind Grafana's. Check time synchronisation on the node."},
		"some":  {[]time.Duration{0, 3 * 24 * time.Hour, -30200 * time.Millisecond}, "The clocks of 2 nodes differ from Grafana's: node-2 (3 days ahead), node-3 (30 s behind). Check time synchronisation on the nodes."},
		"all":   {[]time.Duration{10 * time.Minute, 10*time.Minute + time.Second}, "The clocks of all nodes are about 10 min ahead of Grafana's. Check the clock of the Grafana server."},
		"apart": {[]time.Duration{time.Minute, -time.Minute}, "The clocks of 2 nodes differ from Grafana's: node-1 (60 s ahead), node-2 (60 s behind). Check time synchronisation on the nodes."},
	} {
		t.Run(name, func(t *testing.T) {
			d, f := newTest(t)
			for i, ahead := range c.ahead {
				node := fmt.Sprintf("node-%d", i+1)
				f.statuses = append(f.statuses, falco(node, everything...))
				f.run(node, noon.Add(-time.Hour), noon.Add(-time.Minute), noon, ahead)
			}
			_, h := check(t, d)
			require.Equal(t, c.want, h.Message)

			verdicts := rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["clock"], "format": "table"}`), "node", "verdict")
			wrong := 0
			for i, ahead := range c.ahead {
				verdict := "ok"
				if ahead.Abs() > 10*time.Second {
					verdict, wrong = "warning", wrong+1
				}
				require.Contains(t, strings.Join(verdicts, "\n"), fmt.Sprintf("node-%d | %s", i+1, verdict))
			}
			require.Len(t, verdicts, len(c.ahead))
		})
	}
}
