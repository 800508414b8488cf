import { CoreApp, type DataSourcePluginOptionsEditorProps, type DataSourceSettings } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readFileSync } from 'node:fs';
import i18next from 'i18next';
import { COLUMNS, IMPACT } from '../contract';
import { type FalcoQuery, type FalcoVariableQuery } from '../query';
import { DEFAULTS, type FalcoSecrets, type FalcoSettings } from '../settings';
import { catalogue } from '../signals';
import { AnnotationEditor } from './annotation/AnnotationEditor';
import { ConfigEditor } from './config/ConfigEditor';
import { OBJECTIVES } from './config/receiverManifests';
import { QueryEditor } from './query/QueryEditor';
import { fakeDataSource, giveElementsASize } from './testing';
import { VariableEditor } from './variable/VariableEditor';

// What is the same in every language is marked too, so that everything without a mark has been forgotten.
jest.mock('../i18n', () => ({ ...jest.requireActual('../i18n'), verbatim: (text: string) => `⟦${text}⟧` }));

// Monaco needs a browser.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: ({ monacoOptions }: { monacoOptions: { ariaLabel: string } }) => (
    <textarea aria-label={monacoOptions.ariaLabel} />
  ),
}));

const plugin = 'falco-metrics-datasource';

/** Texts of Grafana's own components, which @grafana/plugin-ui does not translate. */
const foreign = new Set<string>([
  'Add',
  'Add self-signed certificate',
  'Additional security measures that can be applied on top of authentication',
  'Authentication',
  'Authentication method',
  'Authentication methods',
  'Basic authentication',
  'Before you can use the',
  'Choose',
  'Choose an authentication method to access the data source',
  'Clear selection',
  'Collapse section',
  'Expand section',
  'Expand section HTTP headers',
  'Falco Metrics',
  'Fields marked with * are required',
  'HTTP headers',
  'Loading options...',
  'No Authentication',
  'Pass along additional context and metadata about the request/response',
  'Password',
  'Password *',
  'Remove',
  'Select options menu',
  'Skip TLS certificate validation',
  'TLS Client Authentication',
  'TLS settings',
  'Use Up and Down to choose options, press Enter to select the currently focused option, press Escape to exit the menu, press Tab to select the option and exit the menu.',
  'User',
  'User *',
  '2 results available.',
  'data source, you must configure it below or in the config file. For detailed instructions,',
  'view the documentation',
]);

/** Values of settings and queries, and the catalogue's texts, which dashboards and the backend share. */
const data = new Set<string>([...leaves([DEFAULTS, IMPACT, COLUMNS, catalogue]), ...OBJECTIVES, 'GET']);

/** A text of the catalogue, its first sentence, its title with a unit or before a colon, or Grafana's button that removes it. */
function isData(written: string): boolean {
  const text = written.replace(/^Remove |:$/g, '');
  const inText = (known: string) =>
    text.startsWith(`${known} (`) || (text.length > 20 && known.replaceAll(/{{(\w+)}}/g, '‹$1›').startsWith(text));
  return data.has(text) || [...data].some(inText);
}

function leaves(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
}

type Tree = { [key: string]: string | Tree };

function mark(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, typeof value === 'string' ? `⟦${value}⟧` : mark(value)])
  );
}

/** Loads texts as Grafana does, before the plugin. */
function use(language: string, texts: (tree: Tree) => Tree = (tree) => tree): void {
  const tree = JSON.parse(readFileSync(`src/locales/${language}/${plugin}.json`, 'utf8')) as Tree;
  i18next.addResourceBundle(language, plugin, texts(tree), true, true);
}

/** Marks can be nested: a message contains the label of its field. */
function withoutMarked(text: string): string {
  const rest = text.replaceAll(/⟦[^⟦⟧]*⟧/g, '');
  return rest === text ? text : withoutMarked(rest);
}

/** Texts on the page, and those that screen readers read, without what is inside of marks. */
function unmarked(): string[] {
  const texts: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element) {
      texts.push(...['aria-label', 'placeholder', 'title', 'alt'].map((name) => node.getAttribute(name) ?? ''));
    } else if (!node.parentElement?.closest('style, pre')) {
      texts.push(node.textContent ?? '');
    }
  }
  const rests = texts.map((text) => withoutMarked(text).trim());
  return [...new Set(rests)].filter((text) => /\p{Letter}/u.test(text) && !isData(text) && !foreign.has(text)).sort();
}

/** Opens every list, and returns what is not translated on the page and in the lists. */
async function untranslated(): Promise<string[]> {
  const found = new Set(unmarked());
  for (const box of screen.queryAllByRole('combobox')) {
    await userEvent.click(box);
    unmarked().forEach((text) => found.add(text));
    await userEvent.keyboard('{Escape}');
  }
  return [...found];
}

beforeAll(() => initPluginTranslations(plugin));
beforeEach(giveElementsASize);

function showConfig(jsonData: FalcoSettings) {
  const options = {
    name: 'Falco Metrics',
    basicAuth: true,
    secureJsonFields: {},
    secureJsonData: {},
    jsonData,
  } as unknown as DataSourceSettings<FalcoSettings, FalcoSecrets>;
  const props = { options, onOptionsChange: () => {} } as DataSourcePluginOptionsEditorProps<
    FalcoSettings,
    FalcoSecrets
  >;
  render(<ConfigEditor {...props} />);
}

const common: FalcoSettings = {
  baseline: { version: '?' },
  impact: {
    expressions: [
      { name: 'a', expression: '' },
      { name: 'a', expression: '' },
    ],
  },
  limits: { queryTimeout: '?', maxSamples: 0.5, sampleLimit: 0 },
  receiver: { enabled: true, canary: { period: '?' } },
};

describe('every text of the settings page is translated', () => {
  beforeAll(() => use('en-US', mark));
  afterAll(() => use('en-US'));

  test('in scrape mode', async () => {
    showConfig({
      ...common,
      targets: [
        { url: 'x', memoryLimit: '?', cpuLimit: '?', labels: { a: 'b' } },
        { url: 'y:1', discovery: 'dns', kind: 'falcosidekick' },
      ],
      scrapeTimeout: '1h',
      retention: { time: '?', size: '?' },
      live: { minInterval: '?' },
    });
    expect(await untranslated()).toEqual([]);
  });

  test('in Prometheus mode', async () => {
    showConfig({
      ...common,
      mode: 'prometheus',
      targets: [{ url: 'x:1' }],
      prometheus: { matchers: '?', identityLabels: ['?'] },
    });
    expect(await untranslated()).toEqual([]);
  });
});

describe('every text of the query editors is translated', () => {
  beforeAll(() => use('en-US', mark));

  const datasource = fakeDataSource(
    { impact: { expressions: [{ name: 'latency', expression: 'up' }] } },
    { node: ['worker-1'] }
  );

  function showQuery(query: Partial<FalcoQuery>, app?: CoreApp) {
    const props = { datasource, query: { refId: 'A', ...query } as FalcoQuery, app };
    render(<QueryEditor {...props} onChange={() => {}} onRunQuery={() => {}} />);
    screen.queryAllByRole('button', { expanded: false }).forEach((button) => fireEvent.click(button));
  }

  const alerting = CoreApp.UnifiedAlerting;
  test.each<[name: string, app: CoreApp | undefined, query: Partial<FalcoQuery>]>([
    ['signal', undefined, { queryType: 'signal', signals: ['kernel-drop-ratio'], live: true, compare: '?', limit: 1 }],
    ['signals', undefined, { queryType: 'signal', signals: ['up', 'server-load'] }],
    [
      'signals in an alert rule',
      alerting,
      { queryType: 'signal', signals: ['kernel-drop-ratio', 'kernel-event-rate'] },
    ],
    ['health', undefined, { queryType: 'health', filters: [{ key: 'node', operator: '=', value: '1' }] }],
    ['health in an alert rule', alerting, { queryType: 'health' }],
    ['inventory', undefined, { queryType: 'inventory' }],
    ['rules in an alert rule', alerting, { queryType: 'rules' }],
    ['events', undefined, { queryType: 'events' }],
    ['impact', undefined, { queryType: 'impact' }],
    ['PromQL', undefined, { queryType: 'promql', expr: '', unit: 's' }],
    ['unknown', undefined, { queryType: 'x' as FalcoQuery['queryType'] }],
  ])('%s', async (_name, app, query) => {
    showQuery(query, app);
    expect(await untranslated()).toEqual([]);
  });

  test('variable', async () => {
    const query = { refId: 'A', queryType: 'label', label: 'node' } as FalcoVariableQuery;
    render(<VariableEditor datasource={datasource} query={query as never} onChange={() => {}} onRunQuery={() => {}} />);
    expect(await untranslated()).toEqual([]);
  });

  test('annotation', async () => {
    const query = { refId: 'A' } as FalcoQuery;
    render(<AnnotationEditor datasource={datasource} query={query} onChange={() => {}} onRunQuery={() => {}} />);
    expect(await untranslated()).toEqual([]);
  });
});

// cspell:disable
test('the settings page has the language of the user, and values are not escaped', async () => {
  use('de-DE');
  await i18next.changeLanguage('de-DE');
  showConfig({ targets: [{ url: 'node/x' }], retention: { time: '2d' } });
  expect(screen.getByRole('button', { name: 'Ziel hinzufügen' })).toBeInTheDocument();
  expect(screen.getByText('„node/x“ enthält keinen Port.', { exact: false })).toHaveTextContent(
    'zum Beispiel node:8765, oder eine URL.'
  );
  expect(screen.getByText(/^Etwa/)).toHaveTextContent('Etwa 9,9 MB für 1 Ziel, ');
});
// cspell:enable
