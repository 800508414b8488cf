import { links } from '../links';
import { type Signal } from '../types';

/** What it costs to look at Falco's figures. */
export const scraping: Signal[] = [
  {
    id: 'scrape-duration',
    title: 'Scrape duration',
    dimension: 'resources',
    unit: 's',
    min: 0,
    summary: 'How long Falco’s metrics endpoint took to answer the last scrape',
    description:
      'From the request to the end of the answer, as the scraper measured it, the network included. With state counters on (metrics.state_counters_enabled) Falco walks its whole thread table for each answer, in a thread of its web server: this is the price of looking, and it grows with the table. A scrape that takes longer than usual on a node that is overloaded says that Falco is short of CPU. A group of nodes shows its slowest. Falcosidekick is not in here.',
    expr: 'max by ($groupBy) (scrape_duration_seconds{$filter} and on ($identity) up{kind!="falcosidekick",$filter})',
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    advice: [
      {
        when: 'It takes tens of milliseconds and more, and the figures are looked at every second.',
        change: 'Raise live.minInterval, or scrapeInterval, in the data source’s settings.',
        cost: 'Fewer points.',
      },
    ],
    link: links.metrics,
  },
];
