package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// listsCase serves hostile lists of targets, one of which has a number of targets of which limit are used.
func listsCase(listed, limit int) func(*stage) ([]string, error) {
	return func(s *stage) ([]string, error) { return attackLists(s, listed, limit) }
}

// refusedHosts are loopback, link-local and metadata addresses in every form, and what is no host at all.
func refusedHosts() []string {
	hosts := []string{
		"127.0.0.1", "127.1", "127.255.255.254", "0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "0.0.0.0", "0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "localhost", "LOCALHOST", "localhost.", "a.localhost",
		"ip6-localhost", "127.0.0.1.", "①②⑦.0.0.1", "１２７.0.0.1",
		"169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1]", "[fe80::1%25lo]", "[fd00:ec2::254]", "100.100.100.200",
		"2852039166", "0xa9fea9fe", "169.254.43518",
		"user:password@127.0.0.1", "127.0.0.1@127.0.0.1", "", " ", "..", "a b", "\x00", "\u202e127.0.0.1", "%31%32%37.0.0.1", strings.Repeat("x", 1<<20),
	}
	if name, err := os.Hostname(); err == nil { // often resolves to 127.0.1.1
		hosts = append(hosts, name)
	}
	return hosts
}

func attackLists(s *stage, listedTargets, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	canary, server, err := listenEverywhere(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.address)
	lists := http.NewServeMux()
	list := func(path string, targets []string, labels map[string]string) {
		body, _ := json.Marshal([]map[string]any{{"targets": targets, "labels": labels}})
		lists.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	}
	var refused, many []string
	for _, host := range refusedHosts() {
		refused = append(refused, host+":"+port)
	}
	for i := range listedTargets {
		many = append(many, fmt.Sprintf("127.%d.%d.%d:9", 1+i/62_500, i/250%250, 1+i%250))
	}
	list("/refused", refused, nil)
	list("/paths", []string{"127.0.0.1:" + port + "/x?a=b#"}, map[string]string{"__scheme__": "gopher", "__metrics_path__": "@evil/../../x"})
	list("/many", many, nil)
	lists.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("[", 1<<20)))
	})
	address, listServer, err := listen(lists)
	if err != nil {
		return nil, err
	}
	defer listServer.Close()
	var targets []map[string]any
	for _, path := range []string{"refused", "paths", "many", "garbage"} {
		targets = append(targets, map[string]any{"url": "http://" + address + "/" + path, "discovery": "http", "allowLoopback": path == "many"})
	}
	if err := s.attack(ctx, targets, map[string]any{"limits": map[string]any{"targetLimit": limit}}); err != nil {
		return nil, err
	}
	var rows []string
	began := time.Now()
	err = s.until(ctx, func() error {
		if err := s.touch(ctx); err != nil {
			return err
		}
		if atLeast := 10 * time.Second; !s.short && time.Since(began) < atLeast {
			return fmt.Errorf("the lists are attacked for %s", atLeast)
		}
		status, body, err := s.plugin.resource(ctx, s.attacked, http.MethodGet, "targets", nil, nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("targets: %d %w", status, err)
		}
		var answer struct {
			Data []struct{ Address, Message, Discovery, Configured string }
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		said := map[string]bool{}
		listed := 0
		for _, e := range answer.Data {
			if strings.HasSuffix(e.Address, ":9/metrics") {
				listed++
				e.Message = "" // nothing listens there
			}
			for _, text := range []string{e.Message, e.Discovery} {
				if text != "" && !strings.Contains(e.Configured, "healthy") {
					said[cutText(e.Configured[strings.LastIndex(e.Configured, "/")+1:]+": "+text)] = true
				}
			}
		}
		rows = []string{fmt.Sprintf("%d listed, %d scraped, %d requests reached this host", listedTargets, listed, canary.Load())}
		for text := range said {
			rows = append(rows, text)
		}
		all := strings.Join(rows, "\n")
		for _, want := range []string{"loopback and link-local addresses need allowLoopback", "many: "} {
			if !strings.Contains(all, want) {
				return fmt.Errorf("nothing says %q: %s", want, all)
			}
		}
		if listed == 0 || listed > limit {
			return fmt.Errorf("%d of %d targets are scraped, and limits.targetLimit is %d", listed, listedTargets, limit)
		}
		return nil
	})
	if n := canary.Load(); n > 0 {
		err = fmt.Errorf("%d requests to refused addresses reached this host", n)
	}
	return rows, err
}

type server struct {
	*http.Server
	address string
}

// listenEverywhere listens on every address of this host, and counts the connections.
func listenEverywhere(ctx context.Context) (*atomic.Int64, server, error) {
	var reached atomic.Int64
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return nil, server{}, err
	}
	s := server{Server: &http.Server{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }), ReadHeaderTimeout: time.Minute,
	}, address: listener.Addr().String()}
	go func() { _ = s.Serve(listener) }()
	return &reached, s, nil
}
