import { links } from '../links';
import { type Signal } from '../types';

/** The cost of scraping Falco. */
export const scraping: Signal[] = [
  {
    id: 'scrape-duration',
    title: 'Scrape duration',
    dimension: 'resources',
    unit: 's',
    min: 0,
    summary: "Time Falco's metrics endpoint took to respond to the last scrape",
    description:
      'Time from the request to the end of the response as measured by the scraper, including the network. With metrics.state_counters_enabled, Falco walks its whole thread table for each response on a thread of its web server, so the duration grows with the table. A slower scrape on an overloaded node shows that Falco lacks CPU. Groups show the maximum. Falcosidekick and node_exporter are not included.',
    expr: 'max by ($groupBy) (scrape_duration_seconds{kind="",$filter})',
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    advice: [
      {
        when: 'A scrape takes tens of milliseconds, and the metrics are read every second.',
        change: 'Raise live.minInterval or scrapeInterval in the settings of the data source.',
        cost: 'Fewer data points.',
      },
    ],
    link: links.metrics,
  },
];
