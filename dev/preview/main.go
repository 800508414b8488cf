// Command preview runs a built data source plugin without Grafana. It starts the plugin's backend
// over Grafana's plugin protocol, implements Grafana's HTTP routes for a provisioning folder, and
// serves a page that renders the provisioned dashboards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/plugin"
	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/server"
)

func main() {
	host := flag.String("host", "127.0.0.1", "address to listen on")
	port := flag.Int("port", 3000, "port to listen on; 0 takes a free one")
	folder := flag.String("provisioning", "provisioning", "provisioning folder: datasources/, dashboards/, alerting/")
	pluginFolder := flag.String("plugin", "dist", "folder of the built plugin")
	public := flag.String("public", "dev/preview/public", "folder of the built page")
	version := flag.String("grafana-version", "", "version of Grafana that the plugin and the page receive")
	level := flag.String("log-level", "warn", "level from which on the plugin's log lines are printed: debug, info, warn, error")
	withParent := flag.Bool("with-parent", false, "end when standard input is closed")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *withParent {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	if err := run(ctx, net.JoinHostPort(*host, strconv.Itoa(*port)), *folder, *pluginFolder, *public, *version, hclog.LevelFromString(*level)); err != nil {
		fmt.Fprintln(os.Stderr, "preview:", err)
		os.Exit(1)
	}
}

// run serves until ctx is canceled.
func run(ctx context.Context, address, folder, pluginFolder, public, version string, level hclog.Level) error {
	logger := hclog.New(&hclog.LoggerOptions{Name: "preview", Level: hclog.Info, Output: os.Stderr})
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("expected a provisioning folder at %s; set --provisioning", folder)
	}
	sources, err := provision.DataSources(folder, time.Now())
	if err != nil {
		return err
	}
	manifest, err := plugin.ReadManifest(pluginFolder)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%w; choose another port with --port", err)
	}
	defer listener.Close()
	pluginLogger := hclog.New(&hclog.LoggerOptions{Name: logger.Name() + "." + manifest.ID, Level: level, Output: os.Stderr})
	backend, err := plugin.Start(manifest.Binary, version, pluginLogger)
	if err != nil {
		return err
	}
	defer backend.Close()

	url := "http://" + listener.Addr().String() + "/"
	web := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: server.New(server.Options{
			Manifest: manifest, Backend: backend, Sources: sources, Provisioning: folder, Public: public,
			GrafanaVersion: version, AppURL: url, Logger: logger,
		}),
	}
	go func() {
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = web.Shutdown(patience)
	}()
	fmt.Printf("Preview ready at %s\n", url)
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
