import { links } from './links';
import { always } from './needs';
import { anyGrouping } from './templates';
import { type Signal } from './types';

const queueDrops = 'falcosecurity_falco_outputs_queue_num_drops_total';

export const delivery: Signal[] = [
  {
    id: 'outputs-queue-drops',
    title: 'Alerts lost',
    dimension: 'delivery',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Alerts that Falco lost within the window since its outputs queue was full',
    description:
      'Alerts, and Falco’s own messages, that found the outputs queue full and were thrown away, counted within the window ending at each point: points of a series overlap and must not be added up. The count is spread to the ends of the window and may differ from a whole number. Only a queue with a bound can lose: with outputs_queue.capacity 0, the default, it stays 0 and memory grows instead.',
    expr: `sum by ($by) (increase(${queueDrops}{$filter}[$window])$join)`,
    by: { default: ['$instance'], allowed: anyGrouping },
    needs: [always(queueDrops)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'An alert that is lost here reaches nobody; the healthy figure is 0.',
      source: links.config,
    },
    advice: [
      {
        when: 'An output is slow: a program, file or HTTP endpoint that blocks.',
        change: 'Speed that output up or take it out (http_output, program_output, file_output); see output_timeout.',
        cost: 'None, but for the output that is taken out.',
      },
      {
        when: 'One noisy rule floods the queue.',
        change: 'Add exceptions to the rule, or raise its bar.',
        cost: 'What the exceptions cover is no longer reported.',
      },
      {
        when: 'Bursts are legitimate.',
        change: 'Raise outputs_queue.capacity.',
        cost: 'Memory; without any bound Falco may be killed for running out of it.',
      },
    ],
    link: links.config,
  },
];
