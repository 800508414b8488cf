import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { changes } from './changes';
import { dimensionLink } from './links';
import { inside } from './node-inside';
import { page, type Group } from './page';
import {
  barsPanel,
  heatmapPanel,
  linked,
  seriesPanel,
  stackedPanel,
  statesPanel,
  statPanel,
  tablePanel,
  without,
} from './panels';
import { signal, signals, tableOf } from './queries';

export const uid = 'falco-node';

const atEnd = { instant: true };
const over = (ids: string[], query: Record<string, unknown> = {}) =>
  signals(ids, { legendFormat: '{{signal}}', ...query });

const now = (id: number, signalId: string, title: string, description: string, query: Record<string, unknown> = {}) =>
  linked(
    statPanel({ id, title, description, w: 8, h: 3 }, signals([signalId], { ...atEnd, ...query })),
    dimensionLink(signal(signalId).dimension),
    signalId
  );

const sizes = { w: 8, h: 8 };
/** Has room for the legend of ten causes, and for the names of 32 CPUs. */
const tall = { w: 8, h: 10 };

const verdicts: Group = {
  id: 1,
  help: 'One node in depth. **The checks show what is wrong and what to change**; the graphs below show since when. Select another node above.',
  panels: [
    now(3, 'up', 'Falco', 'Whether Falco responded at the end of the range.'),
    now(4, 'uptime', 'Uptime', 'Time since the process started; a hot reload does not reset it.'),
    now(5, 'kernel-drop-ratio', 'Kernel drops in range', 'Share of the events in the range that never reached Falco.', {
      window: '$__range',
    }),
    now(
      6,
      'stalled',
      'Stalled',
      'Whether Falco has stopped processing events; unknown if it cannot be determined, for example while Falco is down.'
    ),
    now(
      7,
      'cpu-usage-since-start-ratio',
      'CPU since start',
      'Average since the process started; 100 % is one full CPU.'
    ),
    now(8, 'memory-rss', 'Memory', 'Resident memory at the end of the range.'),
    without(
      tablePanel(
        {
          id: 9,
          title: 'Checks',
          description:
            'Every check of this node, worst first, with what to change first. Unknown checks give the reason. The corner of a first step opens the meaning, every step and the cost.',
          w: 24,
          h: 13,
        },
        tableOf('health')
      ),
      ['Cluster', 'Node']
    ),
    without(
      tablePanel(
        {
          id: 10,
          title: 'Instance details',
          description:
            'Current version, engine, kernel, files and settings of this Falco. Metrics that require a disabled setting are missing below.',
          w: 24,
          h: 4,
        },
        tableOf('inventory')
      ),
      ['Cluster', 'Node', 'Differs', 'Uptime']
    ),
    statesPanel(
      {
        id: 11,
        title: 'Falco up and stalled',
        description: 'Green: Falco responded and processed events. Red: it did not. Gaps: unknown.',
        w: 12,
        h: 6,
      },
      over(['up', 'stalled'])
    ),
    changes(12, 12, 6),
  ],
};

const loss: Group = {
  id: 20,
  title: 'Losses',
  help: 'Drops that follow the load require fewer events, bursts require larger buffers. **One CPU** far above the others needs a buffer of its own (cpus_for_each_buffer: 1).',
  panels: [
    seriesPanel(
      {
        id: 22,
        title: 'Kernel drops',
        description: 'Share of the events that never reached Falco. Dashed: 2 % and 10 %.',
        ...tall,
      },
      [over(['kernel-drop-ratio'])],
      'kernel-drop-ratio'
    ),
    stackedPanel(
      {
        id: 23,
        title: 'Kernel drops by cause',
        description:
          'Dropped events per second by syscall class or other cause. clone_fork, execve and proc matter most: Falco then does not know the process.',
        ...tall,
      },
      [signals(['kernel-drop-rate'], { groupBy: ['cause'], legendFormat: '{{cause}}' })]
    ),
    heatmapPanel(
      {
        id: 24,
        title: 'Kernel drops per CPU',
        description:
          'Share of the events of each CPU, or of each kernel module device, that was dropped, with one row per CPU. The colours end at 10 %. If a few rows stand out, a few busy CPUs overflow their buffers. Gaps: unknown.',
        ...tall,
      },
      [
        signals(['cpu-drop-ratio'], { refId: 'A', groupBy: ['cpu'], legendFormat: 'CPU {{cpu}}' }),
        signals(['device-drop-ratio'], { refId: 'B', groupBy: ['device'], legendFormat: 'device {{device}}' }),
      ],
      'cpu-drop-ratio'
    ),
    seriesPanel(
      {
        id: 25,
        title: 'Kernel events per CPU',
        description:
          'Events that Falco monitors, per CPU. According to the Falco documentation, no drops are expected below 1500, and it is hard to keep up above 3000 (dashed).',
        ...sizes,
      },
      [over(['kernel-event-rate-per-cpu'])],
      'kernel-event-rate-per-cpu'
    ),
    seriesPanel(
      {
        id: 26,
        title: 'Server load',
        description:
          'Syscalls, context switches, page faults and signals per second and CPU, whether Falco monitors them or not. Only tracepoints that Falco attached to are counted.',
        ...sizes,
      },
      [over(['server-load', 'context-switch-rate', 'page-fault-rate', 'signal-rate'])]
    ),
    barsPanel(
      {
        id: 27,
        title: 'Tracepoints',
        description: 'Runs per second of each of Falco’s BPF programs at the end of the range.',
        ...sizes,
      },
      signals(['tracepoint-rate'], { groupBy: ['tracepoint'], limit: 20, legendFormat: '{{tracepoint}}', ...atEnd })
    ),
  ],
};

export function node(): Dashboard {
  return page({
    uid,
    title: 'Falco node',
    description: 'One node in depth: what is wrong with its Falco, since when, and what to change.',
    step: 'investigation',
    single: true,
    groups: [verdicts, loss, inside],
  }).build();
}
