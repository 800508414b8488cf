// Package mix generates samples for benchmarks, like those of a fleet of Falcos with all metrics of falco.yaml enabled:
// the same names and labels, and values with similar noise. It is seeded: the same calls return the same samples.
package mix

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// IntervalMillis is the time between two scrapes.
const IntervalMillis = 15_000

// Node is a target of a fleet.
type Node struct {
	Series []labels.Labels

	identity []string
	steps    []step
	random   *rand.Rand
	load     float64 // events per second per CPU
	lossy    bool    // its ring buffers overflow
}

// step returns the value of a series at the next scrape.
type step func() float64

const cpus = 84 // makes 300 series

// New returns the i-th node of a fleet. Every tenth drops events.
func New(i int) *Node {
	random := rand.New(rand.NewPCG(uint64(i), 15))
	n := &Node{
		identity: []string{"cluster", "bench", "node", fmt.Sprintf("node-%d", i)},
		random:   random,
		load:     200 + 800*random.Float64(),
		lossy:    i%10 == 9,
	}
	n.constants()
	n.process()
	n.state()
	n.kernel()
	n.probes()
	n.rules()
	return n
}

// Scrape writes the values of the next scrape, in the order of Series.
func (n *Node) Scrape(values []float64) {
	for i, next := range n.steps {
		values[i] = next()
	}
}

func (n *Node) add(next step, name string, pairs ...string) {
	pairs = append([]string{model.MetricNameLabel, name}, append(pairs, n.identity...)...)
	n.Series = append(n.Series, labels.FromStrings(pairs...))
	n.steps = append(n.steps, next)
}

func constant(v float64) step { return func() float64 { return v } }

// counter rises by about perSecond per second, with a deviation of a fifth. Slow counters rise by one now and then.
func (n *Node) counter(perSecond float64) step {
	total := math.Floor(perSecond * 86_400 * (1 + 20*n.random.Float64()))
	return func() float64 {
		mean := perSecond * IntervalMillis / 1000
		total += math.Floor(max(0, mean*(1+0.2*n.random.NormFloat64())) + n.random.Float64())
		return total
	}
}

// rising is a counter, or constantly 0 if perSecond is 0.
func (n *Node) rising(perSecond float64) step {
	if perSecond == 0 {
		return constant(0)
	}
	return n.counter(perSecond)
}

// gauge varies around a level in steps of unit. still is the probability that it does not change.
func (n *Node) gauge(level, unit, still float64) step {
	v := level
	return func() float64 {
		if n.random.Float64() >= still {
			v = math.Round((level+0.9*(v-level)+0.02*level*n.random.NormFloat64())/unit) * unit
		}
		return v
	}
}

func (n *Node) constants() {
	info := func(name string, pairs ...string) { n.add(constant(1), "falcosecurity_"+name+"_info", pairs...) }
	info("falco_version", "version", "0.41.0")
	info("falco_kernel_release", "kernel_release", "6.8.0-60-generic")
	info("evt_hostname", "hostname", n.identity[3])
	info("scap_engine_name", "engine_name", "modern_bpf", "evt_source", "syscall")
	for _, file := range []string{"rules_files", "config_files"} {
		info("falco_sha256_"+file, "file_name", "falco_"+file+".yaml", "sha256", fmt.Sprintf("%064x", len(file)))
	}
	start := 1.75e18 + math.Floor(1e15*n.random.Float64())
	for _, name := range []string{"start", "reload", "host_boot"} {
		n.add(constant(start), "falcosecurity_falco_"+name+"_timestamp_nanoseconds")
	}
	n.add(constant(cpus), "falcosecurity_falco_host_num_cpus_total")
	n.add(constant(0), "falcosecurity_falco_outputs_queue_num_drops_total")
	seconds := math.Floor(86_400 * 20 * n.random.Float64())
	n.add(func() float64 { seconds += IntervalMillis / 1000; return seconds }, "falcosecurity_falco_duration_seconds_total")
}

func (n *Node) process() {
	resource := func(name string, next step) { n.add(next, "falcosecurity_falco_"+name) }
	resource("cpu_usage_ratio", n.gauge(0.2+0.6*n.random.Float64(), 0.001, 0.9))
	resource("memory_rss_bytes", n.gauge(150e6, 4096, 0.3))
	resource("memory_vsz_bytes", n.gauge(2.7e9, 4096, 0.95))
	resource("memory_pss_bytes", n.gauge(140e6, 1024, 0.3))
	resource("container_memory_used_bytes", n.gauge(180e6, 4096, 0.1))
	resource("host_cpu_usage_ratio", n.gauge(0.3, 0.001, 0.9))
	resource("host_memory_used_bytes", n.gauge(64e9, 1024, 0))
	resource("host_procs_running_total", n.gauge(6, 1, 0))
	resource("host_open_fds_total", n.gauge(18_000, 32, 0))
	n.add(constant(1), "up")
	n.add(func() float64 { return 0.004 + 0.001*n.random.ExpFloat64() }, "scrape_duration_seconds")
	n.add(constant(310), "scrape_samples_scraped")
}

// state adds the counters of Falco's tables. share is their rate per event.
func (n *Node) state() {
	scap := func(name string, next step) { n.add(next, "falcosecurity_scap_"+name+"_total") }
	scap("n_threads", n.gauge(4000, 1, 0))
	scap("n_fds", n.gauge(120_000, 1, 0))
	all := n.load * cpus
	for _, c := range []struct {
		name  string
		share float64
	}{
		{"n_cached_fd_lookups", 0.5}, {"n_noncached_fd_lookups", 0.13}, {"n_failed_fd_lookups", 0.03},
		{"n_cached_thread_lookups", 0.6}, {"n_noncached_thread_lookups", 0.25}, {"n_failed_thread_lookups", 0.001},
		{"n_added_fds", 0.06}, {"n_removed_fds", 0.05}, {"n_added_threads", 0.0003}, {"n_removed_threads", 0.0003},
		{"n_stored_evts", 0.05}, {"n_retrieved_evts", 0.05}, {"n_retrieve_evts_drops", 0.004},
		{"n_store_evts_drops", 0}, {"n_drops_full_threadtable", 0},
	} {
		scap(c.name, n.rising(all*c.share))
	}
	n.add(n.gauge(30, 1, 0.95), "falcosecurity_plugins_container_n_containers_total")
	n.add(n.counter(0.001), "falcosecurity_plugins_container_n_missing_container_images_total")
}

func (n *Node) kernel() {
	lost := 0.0
	if n.lossy {
		lost = 0.1
	}
	scap := func(name string, rate float64, pairs ...string) {
		n.add(n.rising(rate), "falcosecurity_scap_"+name+"_total", pairs...)
	}
	all := n.load * cpus
	scap("n_evts", all)
	scap("n_drops", all*lost)
	for _, cause := range []string{"clone_fork", "execve", "connect", "open", "dir_file", "other_interest"} {
		scap("n_drops_buffer", 0, "dir", "enter", "drop", cause)
		scap("n_drops_buffer", all*lost/8, "dir", "exit", "drop", cause)
	}
	scap("n_drops_buffer", all*lost/8, "dir", "exit", "drop", "close")
	scap("n_drops_buffer", all*lost/8, "dir", "exit", "drop", "proc")
	scap("n_drops_scratch_map", 0)
	for cpu := range cpus {
		share := n.load * (0.2 + 1.6*n.random.Float64())
		scap("n_evts_cpu", share, "cpu", fmt.Sprint(cpu))
		scap("n_drops_cpu", share*lost, "cpu", fmt.Sprint(cpu))
	}
}

// probes adds the kernel's statistics about Falco's BPF programs.
func (n *Node) probes() {
	for _, p := range []struct {
		name  string
		share float64
	}{
		{"sys_enter", 20}, {"sys_exit", 20}, {"sched_proc_exit", 0.0005}, {"sched_p_exec", 0.0004}, {"sched_switch", 0},
		{"pf_user", 0}, {"pf_kernel", 0}, {"signal_deliver", 0}, {"connect_e", 0.02}, {"creat_e", 0}, {"open_e", 0.001},
		{"openat_e", 0.2}, {"openat2_e", 0}, {"ia32_connect_e", 0}, {"ia32_creat_e", 0}, {"ia32_open_e", 0},
		{"ia32_openat_e", 0}, {"ia32_openat2_e", 0}, {"dump_task", 0}, {"dump_task_file", 0},
	} {
		runs := n.load * cpus * p.share
		name := "falcosecurity_scap_" + p.name
		n.add(n.rising(runs), name+"_run_cnt_total")
		n.add(n.rising(runs*200), name+"_run_time_nanoseconds_total")
		average := constant(0)
		if runs > 0 {
			average = n.gauge(200, 1, 0.95)
		}
		n.add(average, name+"_avg_time_nanoseconds")
	}
}

func (n *Node) rules() {
	for i := range 12 {
		n.add(n.counter(0.0002*float64(i*i)), "falcosecurity_falco_rules_matches_total",
			"priority", fmt.Sprint(2+i%4), "rule_name", fmt.Sprintf("A rule with quite a long name, number %d", i),
			"source", "syscall", "tag_maturity_stable", "true", "tag_container", "true", "tag_T1059", "true")
	}
}
