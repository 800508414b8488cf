package scrape

import (
	"bytes"
	"maps"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Limits on one answer.
type Limits struct {
	// BodyBytes is counted after decompression.
	BodySizeLimit int64
	// SamplesPerScrape refuses the whole answer, LabelLength (in characters) only the line.
	SampleLimit, LabelLengthLimit int
}

// Sample is one value of an answer.
type Sample struct {
	Series *Series
	Value  float64
}

// Answer is what could be read of one answer. It is only valid until the Reader reads the next one.
type ScrapeResult struct {
	Samples    []Sample
	Duplicates int       // series that came more than once; the first is kept
	Shortened  int       // those of Duplicates that are normal: the kernel cuts the names of programs to 15 characters
	Unreadable int       // lines refused
	Problems   []Problem // the first maxProblems of them
	Names      map[string]bool
}

const (
	maxProblems      = 20
	maxExcerpt       = 120 // characters
	maxContinuations = 8   // lines a label value may run over
)

// Reader reads the answers of one target, in Prometheus's text format as Falco writes it.
//
// It is tolerant: a line that cannot be read is refused, counted and shown, and costs nothing else. What
// Prometheus itself can read is read as Prometheus does. Beyond that, dots in names become underscores, and label
// values may hold what Falco does not escape (see valuesOf and unquoted).
//
// It remembers every series by its text, so that reading the next answer of the same target builds no labels.
// It is not safe for concurrent use.
type Reader struct {
	reading signals.Reading
	limits  Limits
	values  valueReader
	round   uint64 // number of the answer being read

	known      map[string]*entry           // by the text of the series, as written
	identities map[labels.Labels]*identity // by all the labels sent
	parts      map[labels.Labels]*Series   // by the labels kept, of metrics that lose some
	scratch    labels.ScratchBuilder

	answer  ScrapeResult
	entries int  // texts seen in this round
	changed bool // a series was not in the last answer
}

// entry is a text that stands for a series.
type entry struct {
	*identity
	seen uint64
}

// identity is a series as sent; several of them make one Series where labels are dropped (signals.Reading).
type identity struct {
	series *Series
	seen   uint64
}

// NewReader returns a Reader of a Falco's answers, with an empty memory.
func NewReader(reading signals.Reading, limits Limits) *Reader {
	return NewReaderForKind(KindFalco, reading, limits)
}

// NewReaderOf is NewReader for targets of any kind.
func NewReaderForKind(kind string, reading signals.Reading, limits Limits) *Reader {
	return &Reader{reading: reading, limits: limits, values: valuesOf(kind), scratch: labels.NewScratchBuilder(8)}
}

// prepare makes room for the series of the first answer: growing step by step would cost a third of the time.
func (r *Reader) prepare(body []byte) {
	lines := bytes.Count(body, []byte{'\n'}) - bytes.Count(body, []byte("\n#"))
	samples := min(lines, r.limits.SampleLimit) + 1
	r.known = make(map[string]*entry, samples)
	r.identities = make(map[labels.Labels]*identity, samples)
	r.parts = map[labels.Labels]*Series{}
	r.answer.Samples = make([]Sample, 0, samples)
	r.answer.Names = make(map[string]bool, samples/2)
}

// Read reads one answer. It fails only on more samples than the limit.
func (r *Reader) Read(body []byte) (*ScrapeResult, *Failure) {
	if r.round == 0 {
		r.prepare(body)
	}
	r.round++
	r.entries, r.changed = 0, len(r.answer.Names) == 0
	before := len(r.answer.Samples)
	r.answer = ScrapeResult{Samples: r.answer.Samples[:0], Names: r.answer.Names}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	for number := 1; len(body) > 0; number++ {
		line, rest, ended := bytes.Cut(body, []byte{'\n'})
		body = rest
		if line = bytes.TrimLeft(line, " \t"); len(line) == 0 || line[0] == '#' || line[0] == '\r' {
			continue
		}
		if !r.readKnown(line) {
			used := r.readNew(number, line, rest, ended)
			for ; used > 0; used-- {
				_, body, _ = bytes.Cut(body, []byte{'\n'})
				number++
			}
		}
		if len(r.answer.Samples) > r.limits.SampleLimit {
			return nil, tooManySamples(r.limits.SampleLimit)
		}
	}
	r.forget()
	if r.changed || len(r.answer.Samples) != before {
		r.name()
	}
	return &r.answer, nil
}

// readKnown reads a line that differs from an earlier one in nothing but its value. The text before the last blank is
// a series only if an earlier line was read in full and found to be so; what follows must be a number alone.
func (r *Reader) readKnown(line []byte) bool {
	line = bytes.TrimRight(line, " \t\r")
	blank := bytes.LastIndexByte(line, ' ')
	if blank < 0 {
		return false
	}
	e, ok := r.known[string(line[:blank])]
	if !ok {
		return false
	}
	value, ok := r.value(e.series, line[blank+1:])
	if ok {
		r.add(e, value)
	}
	return ok
}

// readNew reads a line in full. It returns how many of the lines after it belong to it.
func (r *Reader) readNew(number int, line, rest []byte, ended bool) (used int) {
	text := strings.TrimRight(string(line), " \t\r")
	s, why := parse(text, r.values)
	if why == reasonOpen && ended {
		if joined, lines := join(string(line), rest, r.values); lines > 0 {
			s, why = joined, ""
			used = lines
		}
	}
	if why == "" {
		why = r.take(s)
	} else if !ended && (why == reasonOpen || why == reasonNoValue) {
		why = reasonCut
	}
	if why != "" {
		r.refuse(number, text, why)
	}
	return used
}

// take adds a sample that was read in full, and remembers its series.
func (r *Reader) take(s sample) (why string) {
	e := r.known[s.series]
	if e == nil {
		id, why := r.identify(s)
		if why != "" {
			return why
		}
		e = &entry{identity: id}
		r.known[s.series] = e
	}
	value, ok := r.value(e.series, []byte(s.value))
	if !ok {
		return `the value "` + excerpt(s.value, 40) + `" is not a number`
	}
	r.add(e, value)
	return ""
}

func (r *Reader) value(s *Series, text []byte) (float64, bool) {
	if s.nanoTime {
		return nanoTime(text)
	}
	return number(text)
}

// add counts a sample. Of a series that is sent twice the first is kept; series that have become one because labels
// were dropped are summed, as they are counters of parts of a whole.
func (r *Reader) add(e *entry, value float64) {
	if e.seen != r.round {
		e.seen = r.round
		r.entries++
	}
	if e.identity.seen == r.round {
		r.answer.Duplicates++
		if cutProgram.MatchString(e.series.Name) {
			r.answer.Shortened++
		}
		return
	}
	e.identity.seen = r.round
	s := e.series
	if s.seen == r.round {
		r.answer.Samples[s.at].Value += value
		return
	}
	r.changed = r.changed || s.seen != r.round-1
	s.seen, s.at = r.round, len(r.answer.Samples)
	r.answer.Samples = append(r.answer.Samples, Sample{s, value})
}

func (r *Reader) refuse(line int, text, why string) {
	r.answer.Unreadable++
	if len(r.answer.Problems) < maxProblems {
		r.answer.Problems = append(r.answer.Problems, Problem{Line: line, Reason: why, Text: excerpt(text, maxExcerpt)})
	}
}

// forget drops what this answer did not have once that is more than half of what is remembered.
func (r *Reader) forget() {
	if len(r.known) <= 2*r.entries+64 {
		return
	}
	maps.DeleteFunc(r.known, func(_ string, e *entry) bool { return e.seen != r.round })
	maps.DeleteFunc(r.identities, func(_ labels.Labels, id *identity) bool { return id.seen != r.round })
	maps.DeleteFunc(r.parts, func(_ labels.Labels, s *Series) bool { return s.seen != r.round })
}

// name notes the metrics of the answer, in a new map as the last one has been handed out.
func (r *Reader) name() {
	r.answer.Names = make(map[string]bool, len(r.answer.Names))
	for _, s := range r.answer.Samples {
		r.answer.Names[s.Series.Name] = true
	}
}

// excerpt cuts a text to so many characters, and makes it valid UTF-8.
func excerpt(text string, most int) string {
	var short []rune
	for _, c := range text {
		if len(short) == most {
			short[most-1] = '…'
			break
		}
		short = append(short, c)
	}
	return string(short)
}
