// Package process starts the plugin's real backend and speaks to it over Grafana's plugin protocol.
package process

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Process is a running backend.
type Process struct {
	Data        grpcplugin.DataClient
	Resources   grpcplugin.ResourceClient
	Diagnostics grpcplugin.DiagnosticsClient

	client  *plugin.Client
	command *exec.Cmd
}

// Build builds the backend into a folder and returns its path.
func Build(folder string) (string, error) {
	binary := filepath.Join(folder, "gpx_falco_metrics")
	out, err := exec.Command("go", "build", "-o", binary, "./pkg").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the backend cannot be built: %w\n%s", err, out)
	}
	return binary, nil
}

// Start starts the backend with nothing in its environment but what Grafana passes on, and more variables (NAME=value).
func Start(binary string, more ...string) (*Process, error) {
	p := &Process{command: exec.Command(binary)}
	p.command.Env = append([]string{"GF_VERSION=12.4.10", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, more...)
	p.client = plugin.NewClient(&plugin.ClientConfig{
		Cmd: p.command, SkipHostEnv: true, StartTimeout: 2 * time.Minute,
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data": &grpcplugin.DataGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{}, "diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
		}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	if err := p.connect(); err != nil {
		p.Close()
		return nil, fmt.Errorf("the backend does not start: %w", err)
	}
	return p, nil
}

func (p *Process) connect() error {
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	if p.Data, err = dispense[grpcplugin.DataClient](protocol, "data"); err != nil {
		return err
	}
	if p.Resources, err = dispense[grpcplugin.ResourceClient](protocol, "resource"); err != nil {
		return err
	}
	p.Diagnostics, err = dispense[grpcplugin.DiagnosticsClient](protocol, "diagnostics")
	return err
}

func dispense[T any](protocol plugin.ClientProtocol, name string) (T, error) {
	raw, err := protocol.Dispense(name)
	client, ok := raw.(T)
	if err == nil && !ok {
		err = fmt.Errorf("the backend does not serve %q", name)
	}
	return client, err
}

// Close ends the process.
func (p *Process) Close() { p.client.Kill() }

// Dead reports whether the process has ended.
func (p *Process) Dead() bool { return p.client.Exited() }

// PeakMemory returns the largest resident memory of the process, in bytes, since its start or ResetPeakMemory. It is 0 where
// the system does not tell.
func (p *Process) PeakMemory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kb int64
	_, _ = fmt.Sscan(rest, &kb)
	return kb << 10
}

// ResetPeakMemory makes PeakMemory start again from the memory of now.
func (p *Process) ResetPeakMemory() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.command.Process.Pid), []byte("5"), 0)
}

// CallOptions allow the responses that Grafana allows.
var CallOptions = []grpc.CallOption{grpc.MaxCallRecvMsgSize(256 << 20)}

// Source is a data source.
type Source struct {
	UID      string
	Settings map[string]any
	Secure   map[string]string
	Created  time.Time
}

// NewSource returns a data source that is created now.
func NewSource(uid string, settings map[string]any) Source {
	return Source{UID: uid, Settings: settings, Created: time.Now()}
}

// Context is what Grafana sends with every request of a user. An alert rule has no user, so its login is empty.
func (s Source) Context(login string) backend.PluginContext {
	settings, err := json.Marshal(s.Settings)
	if err != nil {
		panic(err) // settings are literals of a program
	}
	c := backend.PluginContext{
		OrgID: 1, Namespace: "default", PluginID: "falco-metrics-datasource", //nolint:staticcheck // SA1019: Grafana still sends it
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: s.UID, Name: s.UID, Type: "falco-metrics-datasource", JSONData: settings, DecryptedSecureJSONData: s.Secure, Updated: s.Created,
		},
	}
	if login != "" {
		c.User = &backend.User{Login: login, Role: "Viewer"}
	}
	return c
}
