package plugin

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// A plugin that keeps crashing is started at most this often within the window. After that every
// request fails until the window has passed.
const (
	maxStarts   = 5
	startWindow = time.Minute
)

// passedOn lists the environment variables that a plugin receives. It receives everything else
// through its settings.
var passedOn = []string{"PATH", "HOME", "TMPDIR", "TZ", "SYSTEMROOT"}

// Process is a running plugin backend. If it has crashed, the next request restarts it.
type Process struct {
	binary  string
	version string
	logger  hclog.Logger

	mutex  sync.Mutex
	client *goplugin.Client
	starts []time.Time
	closed bool
}

// Start runs the binary and waits until it responds. The plugin receives the version of Grafana.
func Start(binary, grafanaVersion string, logger hclog.Logger) (*Process, error) {
	p := &Process{binary: binary, version: grafanaVersion, logger: logger}
	if _, err := p.protocol(); err != nil {
		return nil, err
	}
	return p, nil
}

// Close stops the plugin, which has two seconds to exit by itself.
func (p *Process) Close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.closed = true
	if p.client != nil {
		p.client.Kill()
	}
}

// protocol returns the connection to the plugin. It starts the plugin if necessary.
func (p *Process) protocol() (goplugin.ClientProtocol, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		return nil, fmt.Errorf("the plugin has been stopped")
	}
	if p.client == nil || p.client.Exited() {
		if err := p.admit(time.Now()); err != nil {
			return nil, err
		}
		if p.client != nil {
			p.logger.Warn("the plugin has exited; starting it again", "binary", p.binary)
			p.client.Kill()
		}
		p.client = goplugin.NewClient(p.config())
	}
	protocol, err := p.client.Client()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.binary, err)
	}
	return protocol, nil
}

// admit counts a start. It returns an error after too many recent starts.
func (p *Process) admit(now time.Time) error {
	recent := p.starts[:0]
	for _, start := range p.starts {
		if now.Sub(start) < startWindow {
			recent = append(recent, start)
		}
	}
	p.starts = recent
	if len(recent) >= maxStarts {
		return fmt.Errorf("the plugin %s exited %d times within %s and is not restarted before %s; see its log above for the reason",
			p.binary, len(recent), startWindow, recent[0].Add(startWindow).Format(time.TimeOnly))
	}
	p.starts = append(p.starts, now)
	return nil
}

func (p *Process) config() *goplugin.ClientConfig {
	command := exec.Command(p.binary)
	command.Env = []string{"GF_VERSION=" + p.version}
	for _, name := range passedOn {
		if value, found := os.LookupEnv(name); found {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	return &goplugin.ClientConfig{
		Cmd:         command,
		SkipHostEnv: true,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{
			grpcplugin.ProtocolVersion: {
				"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
				"resource":    &grpcplugin.ResourceGRPCPlugin{},
				"data":        &grpcplugin.DataGRPCPlugin{},
			},
		},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           p.logger,
	}
}
