import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardLink } from './links';
import { page, type Group } from './page';
import { heatmapPanel, linked, seriesPanel, stackedPanel, statPanel } from './panels';
import { signals } from './queries';

/** One point per second over the ten minutes shown, at the default interval. */
const points = 600;
const sizes = { w: 8, h: 8 };
/** Have room for the legends of ten causes and of eight tracepoints. */
const tall = { w: 8, h: 10 };

const live = (ids: string[], query: Record<string, unknown> = {}) =>
  signals(ids, { legendFormat: '{{signal}}', live: true, ...query });

const now = (id: number, signalId: string, title: string, description: string, query: Record<string, unknown> = {}) =>
  linked(
    statPanel({ id, title, description, w: 8, h: 3 }, live([signalId], { instant: true, ...query })),
    dashboardLink('Open this node', 'falco-node'),
    signalId
  );

const watched: Group = {
  id: 1,
  help: 'Change one setting in `falco.yaml` and watch. The data comes **directly from Falco with each scrape** while this page is visible. Each scrape walks Falco’s thread table: _Scrape duration_ is its cost. The tiles _so far_ start when this page is opened. Where live is off, the panel’s notice says why: the panels then show the history, and _so far_ is the time range.',
  panels: [
    now(3, 'kernel-drop-ratio', 'Drops now', 'Share of the events that never reached Falco, at the moment.'),
    now(
      4,
      'kernel-drop-ratio',
      'Drops so far',
      'Share of the events that never reached Falco since this page was opened.',
      {
        window: '$__live',
      }
    ),
    now(5, 'lost-events', 'Lost so far', 'Events dropped in the kernel since this page was opened, for any cause.', {
      window: '$__live',
      groupBy: ['$identity'],
    }),
    now(
      6,
      'kernel-event-rate',
      'Events now',
      'Events per second that the driver handles at the moment, including drops.'
    ),
    now(
      7,
      'probe-cpu-ratio',
      'CPU of probes',
      'Share of the node’s CPU time spent in Falco’s BPF programs at the moment.'
    ),
    now(8, 'scrape-duration', 'Scrape duration', 'Duration of the last scrape: the cost of watching.'),
    seriesPanel(
      {
        id: 9,
        title: 'Kernel drops',
        description: 'Share of the events that never reached Falco. Dashed: 2 % and 10 %.',
        ...tall,
      },
      [live(['kernel-drop-ratio'])],
      'kernel-drop-ratio'
    ).maxDataPoints(points),
    stackedPanel(
      {
        id: 10,
        title: 'Kernel drops by cause',
        description:
          'Dropped events per second by syscall class or other cause. If a few causes dominate, reduce those syscalls (base_syscalls.custom_set). If all are alike, use larger buffers (buf_size_preset).',
        ...tall,
      },
      [live(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
    ).maxDataPoints(points),
    heatmapPanel(
      {
        id: 11,
        title: 'Kernel drops per CPU',
        description:
          'Share of the events of each CPU, or of each kernel module device, that was dropped, with one row per CPU. The colours end at 10 %. If a few rows stand out, fewer CPUs should share a buffer (cpus_for_each_buffer: 1).',
        ...tall,
      },
      [
        live(['cpu-drop-ratio'], { refId: 'A', groupBy: ['cpu'], legendFormat: 'CPU {{cpu}}' }),
        live(['device-drop-ratio'], { refId: 'B', groupBy: ['device'], legendFormat: 'device {{device}}' }),
      ],
      'cpu-drop-ratio'
    ).maxDataPoints(points),
  ],
};

const load: Group = {
  id: 20,
  title: 'Load and cost',
  help: 'The load shows whether drops fell because of your change or because the server does less. **Compare at the same load.** A cheaper probe shows in _Probe run time_, fewer monitored syscalls in _Kernel events per CPU_.',
  panels: [
    seriesPanel(
      {
        id: 22,
        title: 'Kernel events per CPU',
        description:
          'Events that Falco monitors, per CPU. According to the Falco documentation, no drops are expected below 1500, and it is hard to keep up above 3000 (dashed).',
        ...sizes,
      },
      [live(['kernel-event-rate-per-cpu'])],
      'kernel-event-rate-per-cpu'
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 23,
        title: 'Server load',
        description:
          'Syscalls, context switches, page faults and signals per second and CPU, whether Falco monitors them or not. Only tracepoints that Falco attached to are counted.',
        ...sizes,
      },
      [live(['server-load', 'context-switch-rate', 'page-fault-rate', 'signal-rate'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 24,
        title: 'CPU usage of probes',
        description: 'Share of the node’s CPU time spent in Falco’s BPF programs. The applications pay for it.',
        ...sizes,
      },
      [live(['probe-cpu-ratio'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 25,
        title: 'Probe run time',
        description: 'Nanoseconds per run of each of Falco’s BPF programs.',
        ...tall,
      },
      [live(['probe-run-time'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}' })]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 26,
        title: 'Memory',
        description:
          'Resident memory. It shows larger buffers immediately, because Falco maps them when it opens its engine.',
        ...tall,
      },
      [live(['memory-rss'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 27,
        title: 'Scrape duration',
        description: 'Duration of each scrape: the cost of watching. It grows with the thread table.',
        ...tall,
      },
      [live(['scrape-duration'])]
    ).maxDataPoints(points),
  ],
};

export function tuning(): Dashboard {
  return page({
    uid: 'falco-tuning',
    title: 'Falco tuning',
    description: 'One node, second by second, while you change its settings: drops by cause and CPU, load, cost.',
    step: 'investigation',
    from: 'now-10m',
    single: true,
    groups: [watched, load],
  }).build();
}
