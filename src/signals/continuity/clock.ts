import { links } from '../links';
import { exportedAlways } from '../needs';
import { anyGrouping, maxByGroup } from '../templates';
import { type Advice, type Catalogue, type Signal } from '../types';

const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
const duration = 'falcosecurity_falco_duration_seconds_total';

/**
 * The node's clock minus the scraper's, in seconds. Falco calculates the duration as its clock minus its start time, in
 * whole seconds (falco: userspace/falco/falco_metrics.cpp), so the sum of both is the node's clock at the scrape.
 */
const ahead = `${started}{$filter} / 1e9 + ${duration}{$filter} + 0.5 - timestamp(${duration}{$filter})`;

/** Advice for clocks that differ from that of a server. */
export function wrongClocks(server: string): Advice[] {
  return [
    {
      when: 'One or some nodes differ.',
      change: 'Check time synchronisation (chronyd, systemd-timesyncd or ntpd) on those nodes.',
      cost: 'None.',
    },
    { when: 'All nodes differ by the same time.', change: `Check the clock of ${server}.`, cost: 'None.' },
  ];
}

/** A response that takes the default scrapeTimeout makes a clock appear to be this far ahead. */
const tolerance = 10;

export const clock: Catalogue['clock'] = { ahead: `max by ($groupBy) (${ahead})`, tolerance };

export const clocks: Signal[] = [
  {
    id: 'clock-difference',
    title: 'Clock difference',
    dimension: 'continuity',
    unit: 's',
    min: 0,
    summary: 'How far the clock of the node is from that of Grafana or Prometheus',
    description:
      "Falco's start time plus its duration is the time on the node's clock at the scrape. The difference from the time of the scrape, whatever its sign, is exact to a second plus the scrape duration. The alert receiver finds a smaller difference if the clock is ahead (clock-ahead). In Prometheus mode it is the difference from the clock of the Prometheus server. Groups show the largest difference.",
    expr: maxByGroup(`abs(${ahead})`),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [exportedAlways(started), exportedAlways(duration)],
    thresholds: {
      direction: 'above',
      warning: tolerance,
      because:
        'With time synchronisation, clocks differ by milliseconds. A scrape that takes 10 seconds, the default scrapeTimeout, looks like a difference of 10 seconds. The threshold is ours.',
      source: links.metrics,
    },
    advice: wrongClocks('the Grafana server, or of the Prometheus server in Prometheus mode'),
    link: links.metrics,
  },
];
