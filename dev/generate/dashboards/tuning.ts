import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page, type Group } from './page';
import { seriesPanel, stackedPanel, statPanel } from './panels';
import { signals } from './queries';

/** A point a second over the ten minutes that are shown, at the usual interval. */
const points = 600;
const sizes = { w: 8, h: 8 };

const live = (ids: string[], query: Record<string, unknown> = {}) =>
  signals(ids, { legendFormat: '{{signal}}', live: true, ...query });

const now = (id: number, signalId: string, title: string, description: string, query: Record<string, unknown> = {}) =>
  statPanel({ id, title, description, w: 8, h: 3 }, live([signalId], { instant: true, ...query }));

const watched: Group = {
  id: 1,
  help: 'Change one thing in `falco.yaml`, and watch. The figures come **straight from Falco, scrape by scrape**, as long as this page can be seen. Each scrape walks Falco’s thread table: _Scrape takes_ is the price. The tiles _so far_ begin when this page is opened. Where live is ignored, the sign at a panel’s title says why: then all of this is the history, and _so far_ is the time range.',
  panels: [
    now(3, 'kernel-drop-ratio', 'Drops now', 'Share of the events that never reached Falco, lately.'),
    now(
      4,
      'kernel-drop-ratio',
      'Drops so far',
      'Share of the events that never reached Falco, since this page was opened.',
      {
        window: '$__live',
      }
    ),
    now(5, 'lost-events', 'Lost so far', 'Events lost in the kernel since this page was opened, whatever the cause.', {
      window: '$__live',
      groupBy: ['$identity'],
    }),
    now(6, 'kernel-event-rate', 'Events now', 'Events per second that the driver handled lately, drops included.'),
    now(
      7,
      'probe-cpu-ratio',
      'CPU in probes',
      'Share of the node’s CPU time that Falco’s programs in the kernel took lately.'
    ),
    now(8, 'scrape-duration', 'Scrape takes', 'How long Falco took to answer the last scrape: the price of watching.'),
    seriesPanel(
      {
        id: 9,
        title: 'Kernel drops',
        description: 'Share of the events that never reached Falco. Dashed: 2 % and 10 %.',
        ...sizes,
      },
      [live(['kernel-drop-ratio'])],
      'kernel-drop-ratio'
    ).maxDataPoints(points),
    stackedPanel(
      {
        id: 10,
        title: 'Drops by cause',
        description:
          'Events lost per second by class of system call, or by why. Causes of which there are many ask for fewer of these system calls (base_syscalls.custom_set), all alike for larger buffers (buf_size_preset).',
        ...sizes,
      },
      [live(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 11,
        title: 'Drops by CPU',
        description:
          'Share of the events of each CPU, or of each device of the kernel module, that was lost. Lines far apart: fewer CPUs should share a buffer (cpus_for_each_buffer: 1).',
        ...sizes,
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
  title: 'Load, and what it costs',
  help: 'The load tells whether drops fell because of your change or because the server does less. **Compare at the same load.** A cheaper probe shows in _Time per run_, fewer system calls taken in _Load per CPU_.',
  panels: [
    seriesPanel(
      {
        id: 22,
        title: 'Load per CPU',
        description:
          'Events that Falco takes, for each CPU. Below 1500 is no trouble in the project’s experience, above 3000 (dashed) it becomes hard to keep up.',
        ...sizes,
      },
      [live(['kernel-event-rate-per-cpu'])],
      'kernel-event-rate-per-cpu'
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 23,
        title: 'What the server does',
        description:
          'System calls, context switches, page faults and signals per second and CPU, whatever Falco takes of them. Only what a program of Falco’s is attached to is counted.',
        ...sizes,
      },
      [live(['server-load', 'context-switch-rate', 'page-fault-rate', 'signal-rate'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 24,
        title: 'CPU in probes',
        description: 'Share of the node’s CPU time that Falco’s programs in the kernel take. The applications pay it.',
        ...sizes,
      },
      [live(['probe-cpu-ratio'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 25,
        title: 'Time per run',
        description: 'Nanoseconds that one run of each of Falco’s programs takes.',
        ...sizes,
      },
      [live(['probe-run-time'], { groupBy: ['tracepoint'], legendFormat: '{{tracepoint}}' })]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 26,
        title: 'Memory',
        description: 'Resident memory. Larger buffers show here at once: each is mapped when Falco opens its engine.',
        ...sizes,
      },
      [live(['memory-rss'])]
    ).maxDataPoints(points),
    seriesPanel(
      {
        id: 27,
        title: 'Scrape takes',
        description:
          'How long Falco took to answer each scrape: the price of watching. It grows with the thread table.',
        ...sizes,
      },
      [live(['scrape-duration'])]
    ).maxDataPoints(points),
  ],
};

export function tuning(): Dashboard {
  return page({
    uid: 'falco-tuning',
    title: 'Falco tuning',
    description: 'One node second by second, while you change its settings: drops by cause and CPU, load, cost.',
    from: 'now-10m',
    single: true,
    groups: [watched, load],
  }).build();
}
