package scrape

// The alias keeps the package apart from the type target.
import vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"

type (
	// Cause is the type of pkg/target.
	Cause = vocabulary.Cause
	// Failure is the type of pkg/target.
	Failure = vocabulary.Failure
	// Gauge is the type of pkg/target.
	Gauge = vocabulary.Gauge
	// Problem is the type of pkg/target.
	Problem = vocabulary.Problem
	// State is the type of pkg/target.
	State = vocabulary.State
	// Status is the type of pkg/target.
	Status = vocabulary.Status
)

// The constants of pkg/target.
const (
	KindFalco         = vocabulary.KindFalco
	KindFalcosidekick = vocabulary.KindFalcosidekick
	KindNodeExporter  = vocabulary.KindNodeExporter

	nodeLabel    = vocabulary.NodeLabel
	clusterLabel = vocabulary.ClusterLabel
	kindLabel    = vocabulary.KindLabel

	Pending      = vocabulary.Pending
	Up           = vocabulary.Up
	Starting     = vocabulary.Starting
	Down         = vocabulary.Down
	Gone         = vocabulary.Gone
	Duplicate    = vocabulary.Duplicate
	LoadBalancer = vocabulary.LoadBalancer
	Unlisted     = vocabulary.Unlisted

	Refused             = vocabulary.Refused
	Timeout             = vocabulary.Timeout
	DNS                 = vocabulary.DNS
	Reset               = vocabulary.Reset
	TLSExpected         = vocabulary.TLSExpected
	HTTPExpected        = vocabulary.HTTPExpected
	Certificate         = vocabulary.Certificate
	Unauthorized        = vocabulary.Unauthorized
	NotFound            = vocabulary.NotFound
	ServerError         = vocabulary.ServerError
	Redirect            = vocabulary.Redirect
	BadStatus           = vocabulary.BadStatus
	HTML                = vocabulary.HTML
	JSON                = vocabulary.JSON
	NotHTTP             = vocabulary.NotHTTP
	Binary              = vocabulary.Binary
	Empty               = vocabulary.Empty
	CutOff              = vocabulary.CutOff
	CrashedWhileScraped = vocabulary.CrashedWhileScraped
	CountersFell        = vocabulary.CountersFell
	HostRenamed         = vocabulary.HostRenamed
	BadChunk            = vocabulary.BadChunk
	TooLarge            = vocabulary.TooLarge
	TooMany             = vocabulary.TooMany
	TooManySeries       = vocabulary.TooManySeries
	NotMetrics          = vocabulary.NotMetrics
	NotFalco            = vocabulary.NotFalco
	LinkLocal           = vocabulary.LinkLocal
	Discovery           = vocabulary.Discovery
	Vanished            = vocabulary.Vanished
	BehindLoadBalancer  = vocabulary.BehindLoadBalancer
	DuplicateNode       = vocabulary.DuplicateNode
	NotListed           = vocabulary.NotListed
	Internal            = vocabulary.Internal
	Unknown             = vocabulary.Unknown
)
