/** Kubernetes manifests, which the config editor shows. `npm run generate` also writes them to docs/kubernetes. */

const headlessService = `# For DNS discovery. It has no labels, so that no ServiceMonitor scrapes Falco a second time through it.
apiVersion: v1
kind: Service
metadata:
  name: falco-metrics-headless
  namespace: falco
spec:
  clusterIP: None # headless: the name resolves to the address of every Falco pod
  publishNotReadyAddresses: true # a crash-looping Falco stays in the list and is reported as down
  selector:
    app.kubernetes.io/name: falco
  ports:
    - name: metrics
      port: 8765
      targetPort: 8765
`;

const nodeExporterService = `# For DNS discovery. The Service of the Helm chart prometheus-node-exporter balances over all nodes instead. The pods use
# the network of their nodes, so network policies do not apply to them.
apiVersion: v1
kind: Service
metadata:
  name: prometheus-node-exporter-headless
  namespace: monitoring
spec:
  clusterIP: None # headless: the name resolves to the address of every node
  publishNotReadyAddresses: true
  selector:
    app.kubernetes.io/name: prometheus-node-exporter
  ports:
    - name: metrics
      port: 9100
      targetPort: 9100
`;

const networkPolicy = `# A pod that a policy selects accepts only the traffic that some policy allows. Allow other clients, for example of
# Falcosidekick, in their own policies. The pods of the Falcosidekick UI are not selected.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: falco-metrics
  namespace: falco
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: falco
  policyTypes: [Ingress]
  ingress:
    # The scraper: Grafana in scrape mode, otherwise Prometheus.
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
      ports:
        - protocol: TCP
          port: 8765
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: falcosidekick-metrics
  namespace: falco
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: falcosidekick
      app.kubernetes.io/component: core
  policyTypes: [Ingress]
  ingress:
    # The scraper, and Falco, which sends alerts.
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: monitoring
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: falco
      ports:
        - protocol: TCP
          port: 2801
`;

const helmValues = `# For the Helm chart falcosecurity/falco.
metrics:
  enabled: true # enables webserver.prometheus_metrics_enabled and creates the Service falco-metrics
  outputRule: false
  resourceUtilizationEnabled: true
  stateCountersEnabled: true
  kernelEventCountersEnabled: true
  kernelEventCountersPerCPUEnabled: false # true adds two series for every possible CPU of a node
  rulesCountersEnabled: true
  libbpfStatsEnabled: true # needs the sysctl below and the modern_ebpf driver
extra:
  env:
    # Memory of the container. By default Falco reads the cgroup v1 file and reports 0 on cgroup v2. The file below exists
    # only in a container with its own cgroup namespace. With containerd, a privileged container has none and still reports
    # 0. Use driver.kind: modern_ebpf with driver.modernEbpf.leastPrivileged: true if the kernel supports it.
    - name: FALCO_CGROUP_MEM_PATH
      value: /sys/fs/cgroup/memory.current
  initContainers:
    # Enables BPF statistics: the kernel then measures every run of every BPF program on the node.
    - name: bpf-stats
      image: docker.io/library/busybox:1.37
      command: [sysctl, -w, kernel.bpf_stats_enabled=1]
      securityContext:
        privileged: true
`;

/** The manifests, by the name of their file in docs/kubernetes. */
export const MANIFESTS = {
  'falco-values.yaml': helmValues,
  'headless-service.yaml': headlessService,
  'node-exporter-service.yaml': nodeExporterService,
  'network-policy.yaml': networkPolicy,
};
