import { links } from './links';
import { always } from './needs';
import { anyGrouping } from './templates';
import { type Signal } from './types';

const duration = 'falcosecurity_falco_duration_seconds_total';

export const continuity: Signal[] = [
  {
    id: 'up',
    title: 'Falco up',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: 'Whether Falco’s metrics endpoint answers: 1 it does, 0 it does not',
    description:
      'Whether the last scrape of the node’s Falco brought metrics. 0 also stands for a node whose Falco has left service discovery, for up to an hour or until it answers from another address. An answer says that Falco’s web server is alive, not that events flow: hold it beside the rate of kernel events. A group of nodes shows 0 as soon as one of them is down. Falcosidekick is not in here.',
    expr: 'min by ($by) (up{kind!="falcosidekick",$filter})',
    by: { default: ['$instance'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'A node whose Falco does not answer is not known to be watched.',
      source: links.metrics,
    },
    advice: [
      {
        when: 'Nothing answers on the address.',
        change:
          'See whether Falco runs and why it stopped; then whether webserver.enabled, webserver.listen_address and webserver.listen_port fit the target, and whether a network policy lets Grafana’s server in.',
        cost: 'None.',
      },
      {
        when: 'It answers with 404 for longer than it takes to start.',
        change: 'Set metrics.enabled: true and webserver.prometheus_metrics_enabled: true.',
        cost: 'A scrape walks Falco’s thread table once.',
      },
    ],
    link: links.metrics,
    values: [
      { value: 0, text: 'down', level: 'critical' },
      { value: 1, text: 'up', level: 'ok' },
    ],
  },
  {
    id: 'uptime',
    title: 'Uptime',
    dimension: 'continuity',
    unit: 's',
    min: 0,
    summary: 'Time since the Falco process started',
    description:
      'Seconds since the process started, as Falco itself counts them: clocks of node and Grafana that differ do not matter, which a difference from the start time would suffer from. It falls to 0 with a restart and goes on over a hot reload of rules or settings. A group of nodes shows its lowest, the latest restart.',
    expr: `min by ($by) (${duration}{$filter}$join)`,
    by: { default: ['$instance'], allowed: anyGrouping },
    needs: [always(duration)],
    advice: [
      {
        when: 'It keeps falling to 0.',
        change:
          'Read why the process ended: out of memory (raise the limit, or bound outputs_queue.capacity), a rule or setting that does not load, a failed probe of /healthz.',
        cost: 'None.',
      },
    ],
    link: links.metrics,
  },
];
