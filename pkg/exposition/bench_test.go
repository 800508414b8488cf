package exposition

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// largeBody returns a response with the 500 samples of a large node: per-CPU counters, rules with many labels and bare
// names, each with HELP and TYPE.
func largeBody() []byte {
	var text strings.Builder
	add := func(series, value string) {
		name, _, _ := strings.Cut(series, "{")
		fmt.Fprintf(&text, "# HELP %s https://falco.org/docs/metrics/\n# TYPE %s counter\n%s %s\n", name, name, series, value)
	}
	add(`falcosecurity_evt_hostname_info{hostname="node-1"}`, "1")
	add(`falcosecurity_falco_start_timestamp_nanoseconds`, "1781000000123456789")
	for cpu := range 96 {
		add(fmt.Sprintf(`falcosecurity_scap_n_evts_cpu_total{cpu="%d"}`, cpu), fmt.Sprint(48211903+cpu*7919))
		add(fmt.Sprintf(`falcosecurity_scap_n_drops_cpu_total{cpu="%d"}`, cpu), fmt.Sprint(cpu*31))
	}
	for rule := range 60 {
		add(fmt.Sprintf(`falcosecurity_falco_rules_matches_total{priority="%d",rule_name="Rule number %d of the set",source="syscall",tag_T1059="true",tag_container="true",tag_maturity_stable="true"}`, rule%8, rule), fmt.Sprint(rule))
	}
	for i := range 200 {
		add(fmt.Sprintf(`falcosecurity_scap_counter_number_%d_total`, i), fmt.Sprint(i*1_000_003))
	}
	for i := range 46 {
		add(fmt.Sprintf(`falcosecurity_falco_memory_number_%d_bytes`, i), fmt.Sprintf("%d.000000", 151003136+i*4096))
	}
	return []byte(text.String())
}

func BenchmarkRead(b *testing.B) {
	body := largeBody()
	limits := Limits{SampleLimit: 20000, LabelValueLengthLimit: 1024}
	read := func(b *testing.B, r *Reader) {
		result, why := r.Read(body)
		if why != nil || len(result.Samples) != 500 {
			b.Fatal(why, len(result.Samples))
		}
	}
	b.Run("peer=prometheus", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := readWithPrometheus(b, body); n != 500 {
				b.Fatal(n)
			}
		}
	})
	b.Run("ours=first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, NewReader(signals.Reading{}, limits))
		}
	})
	b.Run("ours=again", func(b *testing.B) {
		b.ReportAllocs()
		r := NewReader(signals.Reading{}, limits)
		read(b, r)
		for b.Loop() {
			read(b, r)
		}
	})
}

// readWithPrometheus does what Prometheus's scrape loop does with every line of a target whose series are all new.
func readWithPrometheus(t testing.TB, body []byte) (samples int) {
	p := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	var l labels.Labels
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return samples
		}
		if err != nil { // cheaper than require, which would be measured
			t.Fatal(err)
		}
		if entry == textparse.EntrySeries {
			p.Series()
			p.Labels(&l)
			samples++
		}
	}
}
