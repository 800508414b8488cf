package impact

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// confidence is that of all intervals of a change together.
	confidence = 0.95
	// fewestNodes is the number of nodes that a group needs. Resamples of three nodes consist too often of a single one.
	fewestNodes = 4
	// fewestEarlier is the number of changes between earlier windows that a comparison without other nodes needs.
	fewestEarlier = 3
)

// blocks are the means of a figure on one node in equal blocks of time; NaN where there is no value. before and after have
// the same length. earlier has whole windows of that length, which end where before begins; it is empty if there are other
// nodes to compare with.
type blocks struct{ earlier, before, after []float64 }

// panel is a figure on the nodes of a trial: those that changed, and the others of the cluster.
type panel struct {
	changed, others []blocks
	// absolute means that its change is a difference, not a share. raw means that it is not normalised by load.
	absolute, raw bool
}

// trial is what was measured around a change of Falco. Every panel has the same nodes in the same order.
type trial struct {
	figures []panel
	load    panel // of the servers, by which figures are normalised
}

// lack is why a figure has no interval.
type lack int

const (
	lacksNothing lack = iota
	lacksValues       // on every node, before or after
	lacksTime         // the window before or after is not yet long enough
	lacksNodes        // too few nodes changed
	lacksEarlier      // there are neither other nodes nor enough earlier windows
)

// estimate is how a figure changed.
type estimate struct {
	lack lack
	// covered is the number of blocks with values on the side of the change that has fewer.
	covered int
	// nodes and others are the numbers of nodes with enough values.
	nodes, others int
	// before and after are means over the nodes that changed, as measured. They are NaN without values.
	before, after float64
	// change is that of the nodes that changed, normalised by load, without that of the others. low and high are its
	// interval. otherChange is that of the others; NaN if there are none. All of them are shares of the value before, or
	// differences if absolute is set.
	change, low, high, otherChange float64
	absolute                       bool
	// normalised means by load, and controlled that there were enough other nodes to compare with.
	normalised, controlled bool
}

// run estimates how every figure changed, as a difference in differences: the mean change on the nodes that changed, without
// the mean change on the others. docs/impact.md explains the method to operators.
//
//   - The change of a node is the logarithm of the ratio of its means after and before, or their difference if a mean is 0
//     or the figure is absolute. What the change of its load explains is subtracted.
//   - The intervals are studentised bootstrap intervals that hold together (Romano and Wolf, Econometrica 2005): they are as
//     many standard errors wide as the largest deviation of any figure in 95 % of the resamples.
//   - Without other nodes, the changes between earlier windows widen the interval: by their root mean square times the
//     quantile of Student's t for their number, with a Bonferroni correction for the number of figures.
//
// The same data give the same result. The error is that of ctx.
func (t trial) run(ctx context.Context) ([]estimate, error) {
	all := make([]*comparison, len(t.figures))
	var judged []*comparison
	for i, figure := range t.figures {
		all[i] = compare(figure, t.load)
		if all[i].lack == lacksNothing {
			judged = append(judged, all[i])
		}
	}
	critical, err := criticalValue(ctx, judged, t.load)
	if err != nil {
		return nil, err
	}
	for _, c := range judged {
		width := critical * c.standardError
		if !c.controlled {
			student := distuv.StudentsT{Sigma: 1, Nu: float64(c.earlierChanges)}
			width = math.Hypot(width, c.drift*student.Quantile(1-(1-confidence)/2/float64(len(judged))))
		}
		c.low, c.high = c.asShare(c.theta-width), c.asShare(c.theta+width)
	}
	out := make([]estimate, len(all))
	for i, c := range all {
		out[i] = c.estimate
	}
	return out, nil
}
