// Package exposition reads responses in Prometheus's text format, as tolerantly as Falco's need it.
//
//	reader.go                        a response, and the series of a target
//	plain.go                         a series as nearly all writers write it
//	line.go, join.go, number.go      a line, however it is written
//	labels.go                        the labels of a series, as the catalogue wants them
//	format.go                        bodies that are not metrics
//	result.go                        what a response tells about the process that sent it
package exposition

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Limits apply to one response.
type Limits struct {
	// SampleLimit discards the whole response. LabelValueLengthLimit, in characters of a name or value, only discards the line.
	SampleLimit, LabelValueLengthLimit int
	// LabelLimit is how many labels a series may have; a line with more is discarded. 0 means defaultLabelLimit.
	LabelLimit int
}

// Sample is one value of a response.
type Sample struct {
	Series *Series
	Value  float64
}

// Result holds the samples of one response. It is valid until the Reader reads the next one.
type Result struct {
	Samples        []Sample
	Duplicates     int              // samples of a series that was already in the response; the first sample is kept
	TruncatedNames int              // the part of Duplicates that is normal: the kernel truncates program names to 15 characters
	Unreadable     int              // lines refused
	Problems       []target.Problem // the first maxProblems refused lines
	Names          map[string]bool
}

const (
	maxProblems      = 20
	maxExcerpt       = 120       // characters
	maxLineBytes     = 256 << 10 // twice what the labels of a line take with the default limits
	maxContinuations = 8         // further lines of a label value

	defaultLabelLimit = 64
	// cancelCheckBytes is after how many bytes the Reader checks whether it should stop.
	cancelCheckBytes = 64 << 10
)

// Reader parses the responses of one target, in Prometheus's text format as Falco writes it.
//
// It is tolerant: a line that it cannot read is refused, counted and reported, and affects no other line. It reads what
// Prometheus can read as Prometheus does. In addition, dots in names become underscores, and label values may contain
// characters that Falco does not escape (see valueReaderFor and unquoted).
//
// It remembers every series by its text, so that the next response of the same target needs no new labels. It is not
// safe for concurrent use.
type Reader struct {
	reading signals.Reading
	keep    selection
	limits  Limits
	value   valueReader
	round   uint32 // number of the current response

	entries    map[string]*entry           // by the text of the series as written
	identities map[labels.Labels]*identity // by all labels sent, of the series that have been written in another way than plain
	aggregates map[labels.Labels]*Series   // by the labels kept, for metrics of which labels are dropped
	scratch    labels.ScratchBuilder
	text       []byte // of plainText

	result      Result
	seenEntries int  // in this round
	changed     bool // whether a series was not in the last response
}

// entry is a text that stands for a series.
type entry struct {
	*identity
	lastSeen uint32
}

// identity is a series as sent. Several of them make one Series where labels are dropped (signals.Reading).
type identity struct {
	series   *Series
	lastSeen uint32
	dropped  bool // the catalogue does not keep it
}

// NewReader returns a Reader for the responses of a Falco.
func NewReader(reading signals.Reading, limits Limits) *Reader {
	return NewReaderForKind(target.KindFalco, reading, limits)
}

// NewReaderForKind returns a Reader for the responses of a kind of target.
func NewReaderForKind(kind string, reading signals.Reading, limits Limits) *Reader {
	return &Reader{
		reading: reading, keep: newSelection(kind, reading), limits: limits, value: valueReaderFor(kind), scratch: labels.NewScratchBuilder(8),
	}
}

// Contains reports whether the last response contained a series.
func (r *Reader) Contains(s *Series) bool { return s.lastSeen == r.round }

// prepare allocates room for the series of the first response. Growing step by step would cost a third of the time.
func (r *Reader) prepare(body []byte) {
	lines := bytes.Count(body, []byte{'\n'}) - bytes.Count(body, []byte{'#'}) // without comments
	samples := min(max(lines, 0), r.limits.SampleLimit) + 1
	if r.keep.metrics != nil { // most lines are dropped
		samples = min(samples, 2*len(r.keep.metrics))
	}
	r.entries = make(map[string]*entry, samples)
	r.identities = map[labels.Labels]*identity{}
	r.aggregates = map[labels.Labels]*Series{}
	r.result.Samples = make([]Sample, 0, samples)
}

// Read parses one response body. It only fails if there are more samples than the limit.
func (r *Reader) Read(body []byte) (*Result, *target.Failure) {
	return r.ReadContext(context.Background(), body)
}

// ReadContext is Read that also fails when ctx ends.
func (r *Reader) ReadContext(ctx context.Context, body []byte) (*Result, *target.Failure) {
	if r.round == 0 {
		r.prepare(body)
	}
	r.round++
	r.seenEntries, r.changed = 0, len(r.result.Names) == 0
	before := len(r.result.Samples)
	r.result = Result{Samples: r.result.Samples[:0], Names: r.result.Names}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	joiner := lineJoiner{value: r.value}
	checkAt := len(body) - cancelCheckBytes
	for number := 1; len(body) > 0; number++ {
		if len(body) <= checkAt {
			if ctx.Err() != nil {
				r.forgetAll()
				return nil, parsingTooSlow()
			}
			checkAt = len(body) - cancelCheckBytes
		}
		line, rest, ended := bytes.Cut(body, []byte{'\n'})
		tail := body
		body = rest
		if line = skipBlanks(line); len(line) == 0 || line[0] == '#' || line[0] == '\r' {
			continue
		}
		if !r.keep.keepsLine(line) {
			continue
		}
		if len(line) > maxLineBytes {
			r.refuse(number, string(line[:maxExcerpt*utf8.UTFMax]), reasonLong)
			continue
		}
		if !r.readPlain(line) {
			used := r.readNew(number, line, skipBlanks(tail), ended, &joiner)
			for ; used > 0; used-- {
				_, body, _ = bytes.Cut(body, []byte{'\n'})
				number++
			}
		}
		if len(r.result.Samples) > r.limits.SampleLimit {
			r.forgetAll()
			return nil, tooManySamples(r.limits.SampleLimit)
		}
	}
	r.forgetUnseen()
	if samples := r.result.Samples; cap(samples) > 4*len(samples)+64 { // the unused part would keep series in memory
		r.result.Samples = slices.Clone(samples)
	}
	if r.changed || len(r.result.Samples) != before {
		r.collectNames()
	}
	return &r.result, nil
}

// readPlain reads a line that consists of a series, a blank and a number, if the series is known by its text or the text is
// plain.
func (r *Reader) readPlain(line []byte) bool {
	line = bytes.TrimRight(line, " \t\r")
	blank := bytes.LastIndexByte(line, ' ')
	if blank < 0 {
		return false
	}
	series, value := line[:blank], line[blank+1:]
	if e := r.entries[string(series)]; e != nil {
		return r.addValue(e, value)
	}
	text := string(series)
	name, ok := r.collectPlainLabels(text)
	if !ok {
		return false
	}
	e, why := r.identify(name, text, true)
	if why != "" || !r.addValue(e, value) {
		return false
	}
	r.remember(text, e)
	return true
}

// readNew parses a line in full. tail is the body from the beginning of the line. It returns how many of the following lines belong to it.
func (r *Reader) readNew(number int, line, tail []byte, ended bool, joiner *lineJoiner) (used int) {
	text := strings.TrimRight(string(line), " \t\r")
	s, why := parse(text, r.value)
	if why == reasonOpen && ended {
		if joined, lines := joiner.join(line, tail); lines > 0 {
			s, why = joined, ""
			used = lines
		}
	}
	if why == "" {
		why = r.addNew(s)
	} else if !ended && (why == reasonOpen || why == reasonNoValue) {
		why = reasonCut
	}
	if why != "" {
		r.refuse(number, text, why)
	}
	return used
}

// addNew adds a sample that was parsed in full, and remembers its series.
func (r *Reader) addNew(s sample) (why string) {
	e := r.entries[s.series]
	if e == nil {
		name, why := r.collectLabels(s)
		if why == "" {
			e, why = r.identify(name, s.series, false)
		}
		if why != "" {
			return why
		}
	}
	if !r.addValue(e, []byte(s.value)) {
		return `the value "` + excerpt(s.value, 40) + `" is not a number`
	}
	r.remember(s.series, e)
	return ""
}

func (r *Reader) remember(text string, e *entry) {
	if len(r.entries) < r.maxRemembered() {
		r.entries[text] = e
	}
}

// maxRemembered bounds what the Reader remembers of responses that contain more than they should.
func (r *Reader) maxRemembered() int { return 2*r.limits.SampleLimit + 64 }

// addValue adds a sample. It reports false if the value is not a number.
func (r *Reader) addValue(e *entry, text []byte) bool {
	parse := number
	if e.series.nanoTime {
		parse = nanoTime
	}
	value, ok := parse(text)
	if ok {
		r.add(e, value)
	}
	return ok
}

// add adds a sample to the result. If a series is sent twice, the first sample is kept. Series that have become one
// because labels were dropped are summed: they count parts of a whole.
func (r *Reader) add(e *entry, value float64) {
	if e.lastSeen != r.round {
		e.lastSeen = r.round
		r.seenEntries++
	}
	if e.dropped {
		e.identity.lastSeen = r.round
		return
	}
	if e.identity.lastSeen == r.round {
		r.result.Duplicates++
		if r.isTruncatedProgram(e.series.Name) {
			r.result.TruncatedNames++
		}
		return
	}
	e.identity.lastSeen = r.round
	s := e.series
	if s.lastSeen == r.round {
		r.result.Samples[s.index].Value += value
		return
	}
	r.changed = r.changed || s.lastSeen != r.round-1
	s.lastSeen, s.index = r.round, len(r.result.Samples)
	r.result.Samples = append(r.result.Samples, Sample{s, value})
}

func (r *Reader) refuse(line int, text, why string) {
	r.result.Unreadable++
	if len(r.result.Problems) < maxProblems {
		r.result.Problems = append(r.result.Problems, target.Problem{Line: line, Reason: why, Text: excerpt(text, maxExcerpt)})
	}
}

// forgetUnseen drops what this response did not contain once that is more than half of what is remembered. It builds new
// maps, because a map keeps its memory when elements are deleted.
func (r *Reader) forgetUnseen() {
	if len(r.entries) <= 2*r.seenEntries+64 && len(r.identities) <= 2*r.seenEntries+64 {
		return
	}
	r.entries = kept(r.entries, func(e *entry) bool { return e.lastSeen == r.round })
	r.identities = kept(r.identities, func(id *identity) bool { return id.lastSeen == r.round })
	r.aggregates = kept(r.aggregates, func(s *Series) bool { return s.lastSeen == r.round })
}

// forgetAll drops everything after a response that was not read completely.
func (r *Reader) forgetAll() {
	r.entries, r.identities, r.aggregates = map[string]*entry{}, map[labels.Labels]*identity{}, map[labels.Labels]*Series{}
	r.result = Result{}
}

// kept returns a copy of a map with the values that keep selects.
func kept[K comparable, V any](all map[K]V, keep func(V) bool) map[K]V {
	some := map[K]V{}
	for key, value := range all {
		if keep(value) {
			some[key] = value
		}
	}
	return some
}

// collectNames lists the metrics of the response, in a new map because the last one has been handed out.
func (r *Reader) collectNames() {
	r.result.Names = make(map[string]bool, cmp.Or(len(r.result.Names), len(r.result.Samples)/2))
	last := ""
	for _, s := range r.result.Samples {
		if name := s.Series.Name; name != last {
			r.result.Names[name] = true
			last = name
		}
	}
}

// excerpt truncates a text to a number of characters and makes it valid UTF-8.
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
