package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc"
)

// maxMessage is Grafana's size limit for a response of a plugin.
const maxMessage = 256 << 20

var callOptions = []grpc.CallOption{grpc.MaxCallRecvMsgSize(maxMessage)}

func dispense[T any](p *Process, name string) (T, error) {
	var none T
	protocol, err := p.protocol()
	if err != nil {
		return none, err
	}
	raw, err := protocol.Dispense(name)
	if err != nil {
		return none, err
	}
	client, ok := raw.(T)
	if !ok {
		return none, fmt.Errorf("the plugin does not serve %q", name)
	}
	return client, nil
}

// QueryData executes queries in the plugin.
func (p *Process) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	client, err := dispense[grpcplugin.DataClient](p, "data")
	if err != nil {
		return nil, err
	}
	answer, err := client.QueryData(ctx, backend.ToProto().QueryDataRequest(request), callOptions...)
	if err != nil {
		return nil, err
	}
	return backend.FromProto().QueryDataResponse(answer)
}

// CheckHealth runs the health check of a data source.
func (p *Process) CheckHealth(ctx context.Context, request *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	client, err := dispense[grpcplugin.DiagnosticsClient](p, "diagnostics")
	if err != nil {
		return nil, err
	}
	answer, err := client.CheckHealth(ctx, &pluginv2.CheckHealthRequest{
		PluginContext: backend.ToProto().PluginContext(request.PluginContext),
		Headers:       request.Headers,
	})
	if err != nil {
		return nil, err
	}
	return backend.FromProto().CheckHealthResponse(answer), nil
}

// CallResource sends a request to a resource of the plugin and forwards each part of the response.
func (p *Process) CallResource(ctx context.Context, request *backend.CallResourceRequest, send func(*backend.CallResourceResponse) error) error {
	client, err := dispense[grpcplugin.ResourceClient](p, "resource")
	if err != nil {
		return err
	}
	stream, err := client.CallResource(ctx, backend.ToProto().CallResourceRequest(request), callOptions...)
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(backend.FromProto().CallResourceResponse(part)); err != nil {
			return err
		}
	}
}
