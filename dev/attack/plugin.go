package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// plugin is a running backend, spoken to as Grafana does.
type plugin struct {
	client    *goplugin.Client
	command   *exec.Cmd
	data      grpcplugin.DataClient
	resources grpcplugin.ResourceClient
}

// build builds the backend into a folder and returns its path.
func build(folder string) (string, error) {
	binary := filepath.Join(folder, "gpx_falco_metrics")
	out, err := exec.Command("go", "build", "-o", binary, "./pkg").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the backend cannot be built: %w\n%s", err, out)
	}
	return binary, nil
}

// startPlugin starts the backend with nothing in its environment but what Grafana passes on.
func startPlugin(binary string) (*plugin, error) {
	p := &plugin{command: exec.Command(binary)}
	p.command.Env = []string{"GF_VERSION=12.4.10", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: p.command, SkipHostEnv: true, StartTimeout: 2 * time.Minute,
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data": &grpcplugin.DataGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	protocol, err := p.client.Client()
	if err != nil {
		p.client.Kill()
		return nil, fmt.Errorf("the backend does not start: %w", err)
	}
	if p.data, err = dispense[grpcplugin.DataClient](protocol, "data"); err == nil {
		p.resources, err = dispense[grpcplugin.ResourceClient](protocol, "resource")
	}
	return p, err
}

func dispense[T any](protocol goplugin.ClientProtocol, name string) (T, error) {
	raw, err := protocol.Dispense(name)
	client, ok := raw.(T)
	if err == nil && !ok {
		err = fmt.Errorf("the backend does not serve %q", name)
	}
	return client, err
}

func (p *plugin) close() { p.client.Kill() }

// dead reports whether the process has ended.
func (p *plugin) dead() bool { return p.client.Exited() }

// source is a data source.
type source struct {
	uid      string
	settings map[string]any
	secure   map[string]string
	created  time.Time
}

func newSource(uid string, settings map[string]any) source {
	return source{uid: uid, settings: settings, created: time.Now()}
}

// context is what Grafana sends with every request of a user. An alert rule has no user.
func (s source) context(login string) backend.PluginContext {
	settings, err := json.Marshal(s.settings)
	if err != nil {
		panic(err) // settings are literals of this program
	}
	c := backend.PluginContext{
		OrgID: 1, Namespace: "default", PluginID: "falco-metrics-datasource", //nolint:staticcheck // SA1019: Grafana still sends it
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID: 1, UID: s.uid, Name: s.uid, Type: "falco-metrics-datasource", JSONData: settings, DecryptedSecureJSONData: s.secure, Updated: s.created,
		},
	}
	if login != "" {
		c.User = &backend.User{Login: login, Role: "Viewer"}
	}
	return c
}

// callOptions allow the responses that Grafana allows.
var callOptions = []grpc.CallOption{grpc.MaxCallRecvMsgSize(256 << 20)}

// query sends queries over a range that ends now. Without a login it is an alert rule's.
func (p *plugin) query(ctx context.Context, s source, login string, length time.Duration, queries ...string) (backend.Responses, error) {
	now := time.Now()
	req := &backend.QueryDataRequest{PluginContext: s.context(login)}
	if login == "" {
		req.Headers = map[string]string{backend.FromAlertHeaderName: "true"}
	}
	for i, q := range queries {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: "Q" + strconv.Itoa(i), JSON: json.RawMessage(q), Interval: time.Second, MaxDataPoints: 11_000,
			TimeRange: backend.TimeRange{From: now.Add(-length), To: now},
		})
	}
	answer, err := p.data.QueryData(ctx, backend.ToProto().QueryDataRequest(req), callOptions...)
	if err != nil {
		return nil, err
	}
	res, err := backend.FromProto().QueryDataResponse(answer)
	if err != nil {
		return nil, err
	}
	return res.Responses, nil
}

// value returns the last number of an instant query.
func (p *plugin) value(ctx context.Context, s source, login, expr string) (float64, error) {
	query, _ := json.Marshal(map[string]any{"queryType": "promql", "expr": expr, "instant": true})
	res, err := p.query(ctx, s, login, time.Minute, string(query))
	if err != nil {
		return 0, err
	}
	answer := res["Q0"]
	if answer.Error != nil {
		return 0, answer.Error
	}
	if len(answer.Frames) == 0 || len(answer.Frames[0].Fields) == 0 || answer.Frames[0].Rows() == 0 {
		return 0, errors.New("no value")
	}
	fields := answer.Frames[0].Fields
	return fields[len(fields)-1].FloatAt(0)
}

// resource calls a resource. path and url are sent as they are, as Grafana's proxy of resources does.
func (p *plugin) resource(ctx context.Context, s source, method, path string, headers map[string][]string, body []byte) (status int, answer []byte, err error) {
	name, _, _ := strings.Cut(path, "?")
	stream, err := p.resources.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: s.context("attacker"), Method: method, Path: name, URL: path, Headers: headers, Body: body,
	}), callOptions...)
	if err != nil {
		return 0, nil, err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return status, answer, nil
		}
		if err != nil {
			return 0, nil, err
		}
		status, answer = responseOf(part, status, answer)
	}
}

func responseOf(part *pluginv2.CallResourceResponse, status int, answer []byte) (int, []byte) {
	if part.Code != 0 {
		status = int(part.Code)
	}
	return status, append(answer, part.Body...)
}

// memory returns the largest resident memory of the process, in bytes, since resetMemory. It is 0 where the system does not
// tell.
func (p *plugin) memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kb int64
	_, _ = fmt.Sscan(rest, &kb)
	return kb << 10
}

func (p *plugin) resetMemory() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.command.Process.Pid), []byte("5"), 0)
}
