import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { links } from '../../../src/signals/links';
import {
  barsPanel,
  byNode,
  pluginId,
  promql,
  seriesPanel,
  signal,
  signals,
  stackedPanel,
  statesPanel,
  statPanel,
  tablePanel,
  textPanel,
  thresholds,
} from './panels';

export const uid = 'falco-overview';

/** Panels that alert rules lead to; the numbers must stay. */
export const panelIds = { up: 22, kernelDrops: 11, alertsLost: 4 };

const ds = { type: pluginId, uid: '${ds}' };

function labelVariable(label: string, title: string, filters: unknown[] = []): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(title)
    .datasource(ds)
    .query({ refId: label, kind: 'label', label, filters })
    .definition(`label ${label}`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] });
}

/** The worst node of a judged or unjudged signal, named. */
function worst(id: number, signalId: string, title: string, description: string, by = 'topk') {
  const { unit, decimals } = signal(signalId);
  const panel = statPanel(
    { id, title, description, w: 4, h: 4 },
    promql(`${by}(1, ${byNode(signalId)})`, '{{node}}'),
    true
  )
    .unit(unit)
    .thresholds(thresholds(signal(signalId)));
  return decimals === undefined ? panel : panel.decimals(decimals);
}

const upFilter = 'up{kind!="falcosidekick",$filter}';

const fleetColumns = [
  'up',
  'uptime',
  'kernel-drop-ratio',
  'outputs-queue-drops',
  'server-load',
  'probe-cpu-share',
  'cpu-usage-lifetime',
  'memory-rss',
];

const reading = `**Something is red?** *Not answering*: no figure of that node counts; start there. *Kernel drops*: see whether load rose with them (the workload did it) or not (Falco became slower: rules, plugins, its CPU limit); the cause tells which buffer or call to look at. *Alerts lost*: an output is slow or a rule floods the queue.
A gap or an empty panel is never "all is well": the panel's notice says what cannot be known and what to switch on. [What Falco's project advises against drops](${links.dropping})`;

export function overview(): Dashboard {
  return new DashboardBuilder('Falco overview')
    .uid(uid)
    .description('Is Falco itself healthy: is it up, what does it miss, how loaded are the servers, what does it cost?')
    .tags(['falco'])
    .time({ from: 'now-15m', to: 'now' })
    .refresh('10s')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
    .withVariable(new DatasourceVariableBuilder('ds').label('Data source').type(pluginId))
    .withVariable(labelVariable('cluster', 'Cluster'))
    .withVariable(labelVariable('node', 'Node', [{ key: 'cluster', operator: '=~', value: '${cluster:regex}' }]))
    .withPanel(
      statPanel(
        {
          id: 1,
          title: 'Not answering',
          description:
            'Nodes whose Falco does not answer, or has left service discovery within the last hour. Anything above 0 means that a node may not be watched.',
          w: 4,
          h: 4,
        },
        promql(`count(${upFilter}) - sum(${upFilter})`, 'not answering')
      )
        .unit('short')
        .decimals(0)
        .thresholds(thresholds({ thresholds: { direction: 'above', critical: 1, because: '', source: '' } }))
    )
    .withPanel(
      statPanel(
        {
          id: 2,
          title: 'Answering',
          description:
            'Nodes whose Falco answers. Compare it with the number of nodes that you have: a node that was never configured cannot be missed here.',
          w: 4,
          h: 4,
        },
        promql(`sum(${upFilter})`, 'answering')
      )
        .unit('short')
        .decimals(0)
        .thresholds(thresholds({}))
    )
    .withPanel(
      worst(
        3,
        'kernel-drop-ratio',
        'Worst drops',
        'The node that loses the largest share of the kernel’s events right now. Up to 2 % is held to be acceptable on busy machines; a node without any event has no share and is not shown.'
      )
    )
    .withPanel(
      statPanel(
        {
          id: panelIds.alertsLost,
          title: 'Alerts lost',
          description:
            'Alerts thrown away within the chosen time range since the outputs queue was full, over all chosen nodes. Only a queue with a bound (outputs_queue.capacity) can lose any.',
          w: 4,
          h: 4,
        },
        signals(['outputs-queue-drops'], { by: [], window: '$__range', instant: true })
      )
    )
    .withPanel(
      worst(
        5,
        'server-load',
        'Highest load',
        'The node that makes most system calls per second and CPU, before any filter of Falco. Needs statistics of BPF programs; nodes without them are not shown.'
      )
    )
    .withPanel(
      worst(
        6,
        'uptime',
        'Latest restart',
        'The Falco that started last, and how long ago. A short time that you cannot explain by a roll-out is a crash.',
        'bottomk'
      )
    )
    .withPanel(
      tablePanel(
        {
          id: 10,
          title: 'Nodes',
          description:
            'Every node with its present figures, the largest drops first. Colours follow the thresholds of the catalogue; an empty cell is a figure that cannot be known there (another engine, a switch that is off, Falco down).',
          w: 24,
          h: 10,
        },
        signals(fleetColumns, { format: 'table', instant: true }),
        signal('kernel-drop-ratio').title
      )
    )
    .withRow(new RowBuilder('What is missed').id(100))
    .withPanel(
      seriesPanel(
        {
          id: panelIds.kernelDrops,
          title: 'Kernel drops',
          description:
            'Share of the kernel’s events that never reached Falco. The dashed lines are the bounds of the alert rules, 2 % and 10 %. Hold it beside the load below: drops that follow the load ask for fewer events, short bursts for larger buffers.',
          w: 12,
          h: 8,
        },
        [signals(['kernel-drop-ratio'], { legend: '{{node}}' })],
        true
      )
    )
    .withPanel(
      stackedPanel(
        {
          id: 12,
          title: 'Kernel drops by cause',
          description:
            'Events lost per second over all chosen nodes, stacked. open, close, connect, execve … are classes of system calls that met a full ring buffer; uncategorised are calls of no class; scratch_map and page_faults are events that were too large or could not be read.',
          w: 12,
          h: 8,
        },
        [signals(['kernel-drop-rate'], { by: ['cause'], legend: '{{cause}}' })]
      )
    )
    .withRow(new RowBuilder('How loaded the servers are').id(101))
    .withPanel(
      seriesPanel(
        {
          id: 13,
          title: 'Server load',
          description:
            'System calls per second and CPU, before any filter of Falco: the work that the node does, not what Falco does. Nodes with the kernel module have no such figure.',
          w: 8,
          h: 9,
        },
        [signals(['server-load'], { legend: '{{node}}' })]
      )
    )
    .withPanel(
      seriesPanel(
        {
          id: 14,
          title: 'Kernel events per CPU',
          description:
            'Events per second and CPU that Falco takes, drops included. In the project’s experience below 1500 is no trouble and above 3000 it becomes hard to keep up (dashed lines).',
          w: 8,
          h: 9,
        },
        [signals(['kernel-event-rate-per-cpu'], { legend: '{{node}}' })],
        true
      )
    )
    .withPanel(
      barsPanel(
        {
          id: 15,
          title: 'Tracepoints',
          description:
            'Runs per second of each of Falco’s programs in the kernel, over all chosen nodes. sys_exit runs at every system call; sched_switch or page faults high up mean that a costly event is listened to.',
          w: 8,
          h: 9,
        },
        signals(['tracepoint-rate'], { by: ['tracepoint'], legend: '{{tracepoint}}', instant: true })
      )
    )
    .withRow(new RowBuilder('What Falco costs').id(102))
    .withPanel(
      seriesPanel(
        {
          id: 16,
          title: 'CPU in Falco’s probes',
          description:
            'Share of all the node’s CPU time that is spent in Falco’s programs in the kernel. Applications pay it with their system calls; it is not in Falco’s own CPU use. Nodes with the kernel module have no such figure.',
          w: 8,
          h: 8,
        },
        [signals(['probe-cpu-share'], { legend: '{{node}}' })]
      )
    )
    .withPanel(
      seriesPanel(
        {
          id: 17,
          title: 'CPU of Falco',
          description:
            '100 % is one full CPU, which a single thread cannot pass: near it drops follow. The lines by the node’s name are Falco’s own average since its start, which moves slowly; “now” is worked out over five minutes and only for the first one to two hours after a start, later Falco’s figure is too coarse for it.',
          w: 8,
          h: 8,
        },
        [
          signals(['cpu-usage-recent'], { refId: 'A', window: '5m', legend: '{{node}} now' }),
          signals(['cpu-usage-lifetime'], { refId: 'B', legend: '{{node}}' }),
        ],
        true
      )
    )
    .withPanel(
      seriesPanel(
        {
          id: 18,
          title: 'Memory of Falco',
          description:
            'Resident memory, the touched pages of the ring buffers included. A line that only ever rises will meet its limit: hold it against the one that you set for the container.',
          w: 8,
          h: 8,
        },
        [signals(['memory-rss'], { legend: '{{node}}' })]
      )
    )
    .withRow(new RowBuilder('Whether it keeps running').id(103))
    .withPanel(
      statesPanel(
        {
          id: panelIds.up,
          title: 'Falco up',
          description:
            'Green: Falco answered. Red: it did not, or it left service discovery. A gap: the node was not known yet, or Grafana did not ask.',
          w: 12,
          h: 8,
        },
        signals(['up'], { legend: '{{node}}' })
      )
    )
    .withPanel(
      seriesPanel(
        {
          id: 23,
          title: 'Uptime',
          description:
            'Time since each Falco started. A fall to 0 is a restart; a saw is a crash loop; all nodes falling together is a roll-out.',
          w: 12,
          h: 8,
        },
        [signals(['uptime'], { legend: '{{node}}' })]
      )
    )
    .withPanel(
      textPanel({ id: 24, title: 'How to read this', description: 'Where to look first.', w: 24, h: 4 }, reading)
    )
    .build();
}
