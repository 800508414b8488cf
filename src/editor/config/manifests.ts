/** Manifests for Kubernetes, ready to apply; `npm run generate` writes them to docs/kubernetes, too. */
export interface Manifest {
  /** The file in docs/kubernetes. */
  file: string;
  title: string;
  about: string;
  text: string;
}

const headlessService = `# For targets that are found by DNS. It has no labels, so that no ServiceMonitor scrapes Falco through it a second time.
apiVersion: v1
kind: Service
metadata:
  name: falco-metrics-headless
  namespace: falco
spec:
  clusterIP: None # a name with an address for every Falco
  publishNotReadyAddresses: true # one that crashes again and again is seen as down, not as gone
  selector:
    app.kubernetes.io/name: falco
  ports:
    - name: metrics
      port: 8765
      targetPort: 8765
`;

const networkPolicy = `# Once a policy selects a pod, what no policy allows is refused: allow what else comes in, such as another client of
# Falcosidekick. The pods of its UI are not selected.
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
    # Whoever scrapes: Grafana for this plugin, Prometheus for a store.
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
    # Whoever scrapes, and Falco's alerts.
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

const helmValues = `# For the chart falcosecurity/falco.
metrics:
  enabled: true # switches webserver.prometheus_metrics_enabled on, and makes the Service falco-metrics
  outputRule: false
  resourceUtilizationEnabled: true
  stateCountersEnabled: true
  kernelEventCountersEnabled: true
  kernelEventCountersPerCPUEnabled: false # true costs two series for every possible CPU of a node
  rulesCountersEnabled: true
  libbpfStatsEnabled: true # needs the sysctl below, and the modern_ebpf driver
extra:
  env:
    # The container's memory; by default Falco reads the file of cgroup v1, and shows 0 on cgroup v2. This file is there
    # for a container with a cgroup namespace of its own. With containerd a privileged one has none, and goes on with 0:
    # it takes driver.kind: modern_ebpf with driver.modernEbpf.leastPrivileged: true, where the kernel allows that.
    - name: FALCO_CGROUP_MEM_PATH
      value: /sys/fs/cgroup/memory.current
  initContainers:
    # Statistics of BPF programs: from then on the kernel times every run of every BPF program on the node.
    - name: bpf-stats
      image: docker.io/library/busybox:1.37
      command: [sysctl, -w, kernel.bpf_stats_enabled=1]
      securityContext:
        privileged: true
`;

export const MANIFESTS: Manifest[] = [
  {
    file: 'falco-values.yaml',
    title: 'Helm values for Falco',
    about: 'Metrics on, with statistics of BPF programs and the memory of the container.',
    text: helmValues,
  },
  {
    file: 'headless-service.yaml',
    title: 'Headless Service',
    about: 'One name for all Falcos, for a target found by DNS: falco-metrics-headless.falco.svc.cluster.local:8765.',
    text: headlessService,
  },
  {
    file: 'network-policy.yaml',
    title: 'NetworkPolicy',
    about: 'Lets whoever scrapes reach Falco and Falcosidekick, and Falco’s alerts reach Falcosidekick.',
    text: networkPolicy,
  },
];
