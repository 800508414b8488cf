package scrape

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// fakeNet is a network and DNS in memory, so that tests can use the clock of testing/synctest.
type fakeNet struct {
	mu      sync.Mutex
	hosts   map[string]*http.Server // by host:port
	conns   map[string]chan net.Conn
	names   map[string][]string // addresses, or host:port for SRV names
	trouble error               // of DNS
}

func newFakeNet(t *testing.T) *fakeNet {
	n := &fakeNet{hosts: map[string]*http.Server{}, conns: map[string]chan net.Conn{}, names: map[string][]string{}}
	t.Cleanup(func() {
		for address := range n.hosts {
			n.down(address)
		}
	})
	return n
}

// serve serves a handler at host:port, instead of the one that was there.
func (n *fakeNet) serve(address string, h http.HandlerFunc) {
	n.down(address)
	conns := make(chan net.Conn)
	s := &http.Server{Handler: h}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address], n.conns[address] = s, conns
	go s.Serve(&pipes{conns: conns, closed: make(chan struct{})})
}

// down takes a host off the network: its connections break and new ones are refused.
func (n *fakeNet) down(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s := n.hosts[address]; s != nil {
		s.Close()
		delete(n.hosts, address)
		delete(n.conns, address)
	}
}

func (n *fakeNet) name(name string, to ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names[name], n.trouble = to, nil
}

func (n *fakeNet) breakDNS() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trouble = &net.DNSError{Err: "server misbehaving", IsTemporary: true, Name: "falco.example"}
}

func (n *fakeNet) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	conns := n.conns[strings.ToLower(address)]
	n.mu.Unlock()
	if conns == nil {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connect: connection refused")}
	}
	ours, theirs := net.Pipe()
	select {
	case conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *fakeNet) LookupNetIP(_ context.Context, _, host string) (list []netip.Addr, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range n.names[host] {
		list = append(list, netip.MustParseAddr(a))
	}
	return list, n.problem(host, len(list))
}

func (n *fakeNet) LookupSRV(_ context.Context, _, _, name string) (_ string, list []*net.SRV, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range n.names[name] {
		host, port, _ := net.SplitHostPort(a)
		number, _ := net.LookupPort("tcp", port)
		list = append(list, &net.SRV{Target: host + ".", Port: uint16(number)})
	}
	return name, list, n.problem(name, len(list))
}

func (n *fakeNet) problem(name string, found int) error {
	if n.trouble != nil {
		return n.trouble
	}
	if found == 0 {
		return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return nil
}

// config returns a configuration that uses this network.
func (n *fakeNet) config(targets ...TargetConfig) Config {
	c := config(targets...)
	c.Logger = log.NewNullLogger()
	c.Client.Middlewares = []httpclient.Middleware{}
	c.Client.ConfigureTransport = func(_ httpclient.Options, t *http.Transport) { t.DialContext = n.dial }
	return c
}

// lease returns a lease of a new manager and a function that closes the manager.
func (n *fakeNet) lease(t *testing.T, targets ...TargetConfig) (*Lease, func()) {
	t.Helper()
	p := NewManager(ManagerOptions{Resolver: n})
	p.name = "" // the same grid in every run
	l, err := p.Lease(n.config(targets...))
	if err != nil {
		t.Fatal(err)
	}
	return l, p.Close
}

type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// falco is a Falco whose responses a test can change.
type falco struct {
	mu      sync.Mutex
	host    string
	start   time.Time
	events  int
	version string // default 0.44.1
	status  int
	extra   string
	asked   []time.Time
	header  []string // Host header of each request
}

func (f *falco) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, time.Now())
	f.header = append(f.header, r.Host)
	f.events += 10
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	if f.status != 0 {
		w.WriteHeader(f.status)
		return
	}
	fmt.Fprint(w, strings.Replace(falcoText(f.host, f.start, f.events), "0.44.1", cmp.Or(f.version, "0.44.1"), 1), f.extra)
}

// requests returns the times of all requests.
func (f *falco) requests() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// firstHost returns the Host header of the first request.
func (f *falco) firstHost() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header[0]
}

func (f *falco) set(change func(*falco)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}
