import { CoreApp, type PanelData, toDataFrame } from '@grafana/data';
import { config } from '@grafana/runtime';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';
import { type Catalogue } from '../../signals/types';
import { choose, expectQuietConsole, fakeDataSource, giveElementsASize } from '../testing';
import { QueryEditor } from './QueryEditor';

// Monaco needs a browser. These tests only check the text that goes in and out.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  CodeEditor: ({
    value,
    onBlur,
    monacoOptions,
  }: {
    value: string;
    onBlur: (text: string) => void;
    monacoOptions: { ariaLabel: string };
  }) => (
    <textarea
      aria-label={monacoOptions.ariaLabel}
      defaultValue={value}
      onBlur={(event) => onBlur(event.target.value)}
    />
  ),
}));

// A fixed set of checks and event types, so that the tests do not depend on the catalogue.
jest.mock('../../signals', () => {
  const { catalogue } = jest.requireActual<{ catalogue: Catalogue }>('../../signals');
  const checks = ['kernel-drop-ratio', 'server-load', 'up'].map((signal) => ({ id: `check-${signal}`, signal }));
  const events = [{ id: 'restart', title: 'Restarts', text: 'Falco restarted on {{node}}. Its counters began again.' }];
  return { catalogue: { ...catalogue, checks, events } };
});

expectQuietConsole();
beforeEach(giveElementsASize);

interface Shown {
  datasource?: FalcoDataSource;
  app?: CoreApp;
  data?: Partial<PanelData>;
  /** Leave the options closed, as they are at first. */
  closed?: boolean;
}

/** Renders the editor like a panel: a reported query comes back as a prop. */
function show(query: Partial<FalcoQuery>, { datasource = fakeDataSource(), app, data, closed }: Shown = {}) {
  const onRunQuery = jest.fn();
  let current = { refId: 'A', ...query } as FalcoQuery;
  function Panel() {
    const [state, setState] = useState(current);
    current = state;
    return (
      <QueryEditor
        datasource={datasource}
        query={state}
        onChange={setState}
        onRunQuery={onRunQuery}
        app={app}
        data={data as PanelData | undefined}
      />
    );
  }
  render(<Panel />);
  if (!closed) {
    fireEvent.click(screen.getByRole('button', { name: /^Options/ }));
  }
  return { onRunQuery, query: () => current };
}

describe('signals', () => {
  test('a new panel shows kernel drops and their PromQL', () => {
    show({ queryType: 'signal', signals: ['kernel-drop-ratio'], version: 1 });
    expect(screen.getByText('Kernel drops (%)')).toBeInTheDocument();
    expect(screen.getByLabelText('PromQL of this query')).toHaveTextContent(
      'sum by (cluster, node) (rate(falcosecurity_scap_n_drops_total{}[$__rate_interval]))'
    );
  });

  test('are found by a word of their description, grouped by dimension, and several can be selected', async () => {
    const { query, onRunQuery } = show({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    await choose('Signals', /^Server load/, 'syscalls per second');
    expect(screen.getByText('Data quality')).toBeInTheDocument();
    expect(screen.getByText('Syscalls per second that the node makes, per CPU')).toBeInTheDocument();
    expect(query()).toMatchObject({ signals: ['kernel-drop-ratio', 'server-load'], version: 1 });
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  test.each(['scap.n_drops', 'falcosecurity_scap_n_drops_total'])('are found by the metric %s', async (metric) => {
    const { query } = show({ queryType: 'signal', signals: [] });
    await choose('Signals', /^Kernel drops \(%\)/, metric);
    expect(query().signals).toEqual(['kernel-drop-ratio']);
  });

  test('can be those of a dashboard variable', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'] });
    await choose('Signals', /^\$signal/, '$signal');
    expect(query().signals).toEqual(['up', '$signal']);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  test('are the only options of a search', async () => {
    show({ queryType: 'signal', signals: [] });
    const picker = screen.getByRole('combobox', { name: 'Signals' });
    await userEvent.click(picker);
    await userEvent.type(picker, 'early-drop', { skipClick: true });
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(1));
    expect(screen.getByRole('option')).toHaveTextContent(/^Kernel drops after start/);
  });

  test('an unknown signal is named in the error', () => {
    show({ queryType: 'signal', signals: ['from-the-future'] });
    expect(
      screen.getByRole('alert', {
        name: 'This version has no signal “from-the-future”. Choose a signal from the list.',
      })
    ).toBeInTheDocument();
  });

  test('are explained with description, thresholds, their source and requirements', async () => {
    show({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    await userEvent.click(screen.getByRole('button', { name: /About “Kernel drops”/ }));
    const about = screen.getByRole('region', { name: 'Kernel drops' });
    expect(about).toHaveTextContent(/Thresholds: warning above \d+ %, critical above \d+ %\./);
    expect(within(about).getByRole('link', { name: /Source/ })).toHaveAttribute(
      'href',
      expect.stringMatching(/^https:/)
    );
    expect(about).toHaveTextContent('falcosecurity_scap_n_drops_total (set metrics.kernel_event_counters_enabled');
  });
});

describe('group by', () => {
  test('shows the default of the signal and offers the labels it allows, including those of the targets', async () => {
    const datasource = fakeDataSource({ targets: [{ url: 'a:1', labels: { zone: 'a' } }] });
    const { query } = show({ queryType: 'signal', signals: ['kernel-drop-ratio'] }, { datasource });
    expect(screen.getByText('Falco instance')).toBeInTheDocument();
    await choose('Group by', 'zone');
    expect(query().groupBy).toEqual(['$identity', 'zone']);
    expect(screen.getByLabelText('PromQL of this query')).toHaveTextContent('sum by (cluster, node, zone)');
  });

  test('saves nothing when it is the default, and no label means the total', async () => {
    const { query } = show({ queryType: 'signal', signals: ['kernel-drop-ratio'], groupBy: [] });
    expect(screen.getByRole('combobox', { name: 'Group by' })).toHaveAttribute('placeholder', 'Total');
    await choose('Group by', /^Falco instance/);
    expect(query().groupBy).toBeUndefined();
  });
});

describe('filters', () => {
  test('load their values, and change the query once they have a label and a value', async () => {
    const datasource = fakeDataSource({}, { node: ['worker-1', 'worker-2'] });
    const filters = [{ key: 'cluster', operator: '=' as const, value: 'prod' }];
    const { query, onRunQuery } = show(
      { queryType: 'signal', signals: ['kernel-drop-ratio'], filters },
      { datasource }
    );

    await userEvent.click(screen.getByRole('button', { name: 'Add filter' }));
    await choose('Label of filter 2', 'node');
    expect(onRunQuery).not.toHaveBeenCalled();
    await choose('Value of filter 2', 'worker-2');

    expect(datasource.labelValues).toHaveBeenLastCalledWith('node', filters);
    expect(query().filters).toEqual([...filters, { key: 'node', operator: '=', value: 'worker-2' }]);
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  test('accept a value that is not in the list', async () => {
    const { query } = show({
      queryType: 'signal',
      signals: ['kernel-drop-ratio'],
      filters: [{ key: 'node', operator: '=', value: 'a' }],
    });
    await choose('Operator of filter 1', /^=~/);
    await choose('Value of filter 1', /^worker/, 'worker-.*');
    expect(query().filters).toEqual([{ key: 'node', operator: '=~', value: 'worker-.*' }]);
  });

  test('can be typed when values cannot be loaded, and the failure is shown', async () => {
    const datasource = fakeDataSource();
    jest.mocked(datasource.labelValues).mockRejectedValue(new Error('no backend'));
    const filters = [{ key: 'node', operator: '=' as const, value: 'a' }];
    const { query } = show({ queryType: 'signal', signals: ['up'], filters }, { datasource });
    await choose('Value of filter 1', /^b/, 'b');
    expect(await screen.findByRole('alert')).toHaveTextContent('Cannot load values of the label “node”: no backend');
    expect(query().filters).toEqual([{ key: 'node', operator: '=', value: 'b' }]);
    jest.mocked(datasource.labelValues).mockResolvedValue(['c']);
    await choose('Value of filter 1', 'c');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  test('can be removed', async () => {
    const filters = [
      { key: 'cluster', operator: '=' as const, value: 'prod' },
      { key: 'node', operator: '=' as const, value: 'a' },
    ];
    const { query } = show({ queryType: 'signal', signals: ['up'], filters });
    await userEvent.click(screen.getByRole('button', { name: 'Remove filter 1' }));
    expect(query().filters).toEqual([filters[1]]);
  });

  test('that the signal does not support are refused with the supported ones', () => {
    show({ queryType: 'signal', signals: ['up'], filters: [{ key: 'version', operator: '=', value: '0.44.1' }] });
    expect(
      screen.getByRole('alert', { name: 'signal "up" cannot be filtered by "version"; allowed: cluster, node' })
    ).toBeInTheDocument();
  });
});

describe('options', () => {
  test('are one line that says what is set, until they are opened', async () => {
    show({ queryType: 'signal', signals: ['up'], window: '5m', limit: 3 }, { closed: true });
    const options = screen.getByRole('button', { name: /^Options/ });
    expect(options).toHaveAccessibleName(
      ['Options', 'Window: 5m', 'Limit: 3', 'Format: Time series', 'Type: Range', 'Legend: auto'].join(' ')
    );
    expect(screen.queryByLabelText('Window')).not.toBeInTheDocument();
    await userEvent.click(options);
    expect(screen.getByLabelText('Window')).toHaveValue('5m');
    expect(options).toHaveAccessibleName('Options');
  });

  test('the window is checked while typing and applied on blur', async () => {
    const { query, onRunQuery } = show({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    const field = screen.getByLabelText('Window');
    await userEvent.type(field, '5x');
    expect(screen.getByRole('alert')).toHaveTextContent(
      'the window "5x" is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval'
    );
    await userEvent.clear(field);
    await userEvent.type(field, '5m');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(onRunQuery).not.toHaveBeenCalled();
    await userEvent.tab();
    expect(query().window).toBe('5m');
    expect(onRunQuery).toHaveBeenCalledTimes(1);
    expect(screen.getByLabelText('PromQL of this query')).toHaveTextContent('[5m]');
  });

  test('a table is instant by default', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'] });
    expect(screen.getByRole('radio', { name: 'Range' })).toBeChecked();
    await userEvent.click(screen.getByRole('radio', { name: 'Table' }));
    expect(query().format).toBe('table');
    expect(screen.getByRole('radio', { name: 'Instant' })).toBeChecked();
  });

  test('the legend is applied on Enter', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'] });
    await userEvent.type(screen.getByLabelText('Legend'), '{{{{node}}{Enter}');
    expect(query().legendFormat).toBe('{{node}}');
  });

  test('a limit is a whole number, and is removed where it has no meaning', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'] });
    await userEvent.type(screen.getByLabelText('Limit'), 'ten');
    expect(screen.getByRole('alert')).toHaveTextContent('Limit must be a whole number above 0, for example 10.');
    await userEvent.tab();
    expect(query().limit).toBeUndefined();
    await userEvent.type(screen.getByLabelText('Limit'), '10{Enter}');
    expect(query().limit).toBe(10);
    await userEvent.click(screen.getByRole('radio', { name: 'PromQL' }));
    expect(query().limit).toBeUndefined();
    expect(screen.queryByLabelText('Limit')).not.toBeInTheDocument();
  });

  test('tables can be limited, verdicts over time cannot', async () => {
    const { query } = show({ queryType: 'events' });
    await userEvent.type(screen.getByLabelText('Limit'), '5{Enter}');
    expect(query()).toMatchObject({ queryType: 'events', limit: 5 });
    await userEvent.click(screen.getByRole('radio', { name: 'Health' }));
    expect(query().limit).toBeUndefined();
    await userEvent.type(screen.getByLabelText('Limit'), '5{Enter}');
    await userEvent.click(screen.getByRole('radio', { name: 'Numbers' }));
    expect(query().limit).toBeUndefined();
    expect(screen.queryByLabelText('Limit')).not.toBeInTheDocument();
  });

  test('a comparison is a duration or the time range', async () => {
    const { query } = show({ queryType: 'promql', expr: 'up' });
    await userEvent.type(screen.getByLabelText('Compare'), 'yesterday');
    expect(screen.getByRole('alert')).toHaveTextContent('Compare must be a duration such as 1h or 7d, or $__range.');
    await userEvent.clear(screen.getByLabelText('Compare'));
    await userEvent.type(screen.getByLabelText('Compare'), '$__range{Enter}');
    expect(query().compare).toBe('$__range');
    await userEvent.click(screen.getByRole('radio', { name: 'Inventory' }));
    expect(query().compare).toBeUndefined();
    expect(screen.queryByLabelText('Compare')).not.toBeInTheDocument();
  });

  test('alert rules have no table and no legend', () => {
    show({ queryType: 'signal', signals: ['up'] }, { app: CoreApp.UnifiedAlerting });
    expect(screen.getByRole('radio', { name: 'Instant' })).toBeInTheDocument();
    expect(screen.queryByRole('radio', { name: 'Table' })).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Legend')).not.toBeInTheDocument();
  });
});

describe('live', () => {
  const as = (orgRole: string) => {
    config.bootData.user = { ...config.bootData.user, orgRole } as typeof config.bootData.user;
  };
  beforeEach(() => as('Editor'));
  const live = () => screen.getByRole('switch', { name: 'Live' });

  test('is turned on and off', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'] });
    expect(live()).not.toBeChecked();
    await userEvent.click(live());
    expect(query()).toMatchObject({ live: true });
    expect(live()).toBeChecked();
    await userEvent.click(live());
    expect(query().live).toBeUndefined();
    expect(screen.queryByText(/^Ignored|^Unavailable/)).not.toBeInTheDocument();
  });

  test.each([
    [
      'turned off',
      'Editor',
      { minInterval: '0' },
      'live updates are turned off in the data source settings (live.minInterval is 0).',
    ],
    [
      'for editors only',
      'Viewer',
      {},
      'only editors and administrators can view live updates (live.allowViewers is off in the data source settings).',
    ],
  ])('%s: the switch is disabled and the reason is shown', async (_, role, settings, why) => {
    as(role);
    const { query } = show({ queryType: 'promql', expr: 'up' }, { datasource: fakeDataSource({ live: settings }) });
    expect(live()).toBeDisabled();
    expect(screen.getByText(`Unavailable: ${why}`)).toBeInTheDocument();
    expect(query().live).toBeUndefined();
  });

  test('viewers may where the settings say so', () => {
    as('Viewer');
    show({ queryType: 'signal', signals: ['up'] }, { datasource: fakeDataSource({ live: { allowViewers: true } }) });
    expect(live()).toBeEnabled();
  });

  test('shows why it is ignored, and can be turned off', async () => {
    const { query } = show({ queryType: 'signal', signals: ['up'], live: true, limit: 3 });
    expect(screen.getByText('Ignored: a query with a limit needs the whole time range.')).toBeInTheDocument();
    await userEvent.click(live());
    expect(query().live).toBeUndefined();
  });

  test.each([
    ['an alert rule', { queryType: 'signal' as const }, CoreApp.UnifiedAlerting],
    ['query types without series', { queryType: 'health' as const }, CoreApp.Dashboard],
  ])('is not offered for %s', (_, query, app) => {
    show(query, { app });
    expect(screen.queryByRole('switch', { name: 'Live' })).not.toBeInTheDocument();
  });
});

describe('PromQL', () => {
  test('starts from the signal', async () => {
    const { query } = show({
      queryType: 'signal',
      signals: ['memory-rss'],
      filters: [{ key: 'node', operator: '=', value: '$node' }],
    });
    await userEvent.click(screen.getByRole('button', { name: 'Edit as PromQL' }));
    expect(query().queryType).toBe('promql');
    expect(await screen.findByLabelText('PromQL expression')).toHaveValue(query().expr);
    expect(query().expr).toContain('falcosecurity_falco_memory_rss_bytes{node=~"$node"}');
    expect(query()).toMatchObject({ unit: 'bytes', legendFormat: '{{node}}' });
    // The signals are kept for the way back.
    await userEvent.click(screen.getByRole('radio', { name: 'Signal' }));
    expect(screen.getByText('Memory (RSS) (bytes)')).toBeInTheDocument();
  });

  test('has the labels of the server in Prometheus mode', async () => {
    const datasource = fakeDataSource({ mode: 'prometheus' });
    jest.spyOn(datasource, 'getResource').mockImplementation(async (path, params) => ({
      data: `${path}: ${String((params as { expr: string }).expr).replaceAll('cluster, node', 'instance')}`,
    }));
    show({ queryType: 'signal', signals: ['memory-rss'] }, { datasource });
    expect(await screen.findByText(/^expression: .*by \(instance\)/)).toBeInTheDocument();
  });

  test.each<[string, Partial<FalcoQuery>, FalcoSettings, string]>([
    ['an own legend', { legendFormat: 'Falco {{node}}' }, {}, 'Falco {{node}}'],
    ['the title of a total', { groupBy: [] }, {}, 'Memory (RSS)'],
    ['the title in a table, whose columns the legend names', { format: 'table' }, {}, 'Memory (RSS)'],
    [
      'the clusters if there are several',
      {},
      { targets: [{ url: 'a:1', labels: { cluster: 'a' } }, { url: 'b:1' }] },
      '{{node}} {{cluster}}',
    ],
    [
      'the labels of the server',
      { groupBy: ['$identity', 'version'] },
      { mode: 'prometheus' },
      '{{instance}} {{version}}',
    ],
  ])('keeps %s', async (_, fields, settings, legendFormat) => {
    const datasource = fakeDataSource(settings);
    jest.spyOn(datasource, 'rewriteExpression').mockImplementation(async (expr) => expr);
    const { query } = show({ queryType: 'signal', signals: ['memory-rss'], ...fields }, { datasource });
    await userEvent.click(await screen.findByRole('button', { name: 'Edit as PromQL' }));
    expect(query()).toMatchObject({ queryType: 'promql', unit: 'bytes', legendFormat });
  });

  test('of another query type keeps its own labels in Prometheus mode', async () => {
    const datasource = fakeDataSource({ mode: 'prometheus' });
    jest.spyOn(datasource, 'rewriteExpression').mockImplementation(async (expr) => expr);
    const { query } = show({ queryType: 'signal', signals: ['memory-rss'] }, { datasource });
    await userEvent.click(screen.getByRole('radio', { name: 'PromQL' }));
    expect(query()).toMatchObject({ mapLabels: true, unit: 'bytes', legendFormat: '{{node}} {{cluster}}' });
    expect(query().expr).toContain('by (cluster, node)');
  });

  test('of several signals cannot be edited as one', () => {
    show({ queryType: 'signal', signals: ['up', 'uptime'] });
    expect(screen.getByRole('button', { name: 'Edit as PromQL' })).toHaveAttribute('aria-disabled', 'true');
  });

  test('is run on blur', async () => {
    const { query, onRunQuery } = show({ queryType: 'promql', expr: '' });
    await userEvent.type(await screen.findByLabelText('PromQL expression'), 'up == 0');
    expect(onRunQuery).not.toHaveBeenCalled();
    await userEvent.tab();
    expect(query()).toMatchObject({ queryType: 'promql', expr: 'up == 0' });
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  test('offers the change that a hint of the backend proposes', async () => {
    const text = 'There is no metric ups. Did you mean up?';
    const fix = { type: 'RENAME', options: { from: 'ups', to: 'up' } };
    const custom = { hints: [{ text, fix }, { text: 'Only words.' }] };
    const series = [toDataFrame({ refId: 'A', meta: { custom }, fields: [] })];
    const { query, onRunQuery } = show({ queryType: 'promql', expr: 'ups == 0' }, { data: { series } });
    const hints = await screen.findByRole('note', { name: 'Hints' });
    expect(hints).toHaveTextContent('Only words.');
    await userEvent.click(within(hints).getByRole('button', { name: 'Use up' }));
    expect(query().expr).toBe('up == 0');
    expect(onRunQuery).toHaveBeenCalledTimes(1);
    // The hint is about the expression before.
    expect(within(hints).queryByRole('button')).not.toBeInTheDocument();
  });

  test('can be filtered', async () => {
    const datasource = fakeDataSource({}, { node: ['worker-1'] });
    const { query } = show({ queryType: 'promql', expr: 'up' }, { datasource });
    await userEvent.click(await screen.findByRole('button', { name: 'Add filter' }));
    await choose('Label of filter 1', 'node');
    await choose('Value of filter 1', 'worker-1');
    expect(query().filters).toEqual([{ key: 'node', operator: '=', value: 'worker-1' }]);
  });

  test('has a unit', async () => {
    const { query } = show({ queryType: 'promql', expr: 'up' });
    await userEvent.type(screen.getByLabelText('Unit'), 'percent (0.0-1.0)');
    await userEvent.click(await screen.findByText(/Percent \(0\.0-1\.0\)/));
    expect(query().unit).toBe('percentunit');
  });
});

describe('query types', () => {
  const meaning = 'Verdicts on each node, with the cause and what to change.';

  test('are seven, and the selected one is explained', async () => {
    const { query, onRunQuery } = show({
      queryType: 'signal',
      signals: ['up'],
      groupBy: [],
      format: 'table',
      window: '5m',
    });
    const types = within(screen.getByRole('radiogroup', { name: 'Query type' })).getAllByRole('radio');
    const names = ['Signal', 'Health', 'Inventory', 'Rules', 'Events', 'Impact', 'PromQL'];
    expect(types).toEqual(names.map((name) => screen.getByRole('radio', { name })));
    await userEvent.click(screen.getByRole('radio', { name: 'Health' }));
    expect(screen.getByText(meaning, { selector: 'span' })).toBeInTheDocument();
    // The options of signals have no meaning here. The window has.
    expect(query()).toEqual({ refId: 'A', queryType: 'health', filters: [], window: '5m', version: 1 });
    expect(onRunQuery).toHaveBeenCalledTimes(1);
    await userEvent.click(screen.getByRole('radio', { name: 'Signal' }));
    expect(screen.getByText('Kernel drops (%)')).toBeInTheDocument();
  });

  test('keep the filters that both types support', async () => {
    const filters = [
      { key: 'node', operator: '=' as const, value: '$node' },
      { key: 'drop', operator: '=' as const, value: 'open' },
    ];
    const { query } = show({ queryType: 'signal', signals: ['kernel-drop-rate'], filters });
    await userEvent.click(screen.getByRole('radio', { name: 'Events' }));
    expect(query().filters).toEqual([filters[0]]);
  });

  test('that return text are not offered in alert rules, and a saved one is refused', () => {
    show({ queryType: 'inventory' }, { app: CoreApp.UnifiedAlerting });
    const types = within(screen.getByRole('radiogroup', { name: 'Query type' })).getAllByRole('radio');
    expect(types).toHaveLength(4);
    for (const name of ['Signal', 'Health', 'Impact', 'PromQL']) {
      expect(screen.getByRole('radio', { name })).not.toBeChecked();
    }
    const name = 'Inventory queries return text, which alert rules cannot evaluate. Select another query type.';
    expect(screen.getByRole('alert', { name })).toBeInTheDocument();
  });

  test.each(['inventory', 'rules', 'events'] as const)('%s is always a table, with filters on nodes', async (kind) => {
    const { query } = show({ queryType: kind }, { datasource: fakeDataSource({}, { version: ['0.44.1'] }) });
    for (const name of ['Format', 'Type', 'Window', 'Legend', 'Signals']) {
      expect(screen.queryByLabelText(name)).not.toBeInTheDocument();
    }
    await userEvent.click(screen.getByRole('button', { name: 'Add filter' }));
    await choose('Label of filter 1', 'version');
    await choose('Value of filter 1', '0.44.1');
    expect(query()).toEqual({
      refId: 'A',
      queryType: kind,
      filters: [{ key: 'version', operator: '=', value: '0.44.1' }],
      version: 1,
    });
  });
});

describe('health', () => {
  test('evaluates all checks on each node as an instant table', () => {
    show({ queryType: 'health' });
    expect(screen.getByRole('combobox', { name: 'Checks' })).toHaveAttribute('placeholder', 'All checks');
    expect(screen.getByRole('combobox', { name: 'Group by' })).toHaveValue('Node and check');
    expect(screen.getByRole('radio', { name: 'Table' })).toBeChecked();
    expect(screen.queryByRole('radio', { name: 'Instant' })).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Legend')).not.toBeInTheDocument();
  });

  test('a dimension selects all of its checks', async () => {
    const { query } = show({ queryType: 'health' });
    await choose('Checks', /^All of Data quality/);
    expect(query().signals).toEqual(['check-kernel-drop-ratio', 'check-server-load']);
    // Select one more in the open list.
    await userEvent.click(screen.getByRole('option', { name: /^Falco up/ }));
    expect(query().signals).toEqual(['check-kernel-drop-ratio', 'check-server-load', 'check-up']);
    // Selecting the dimension again removes it.
    await userEvent.click(screen.getByRole('option', { name: /^All of Data quality/ }));
    expect(query().signals).toEqual(['check-up']);
  });

  test('removing the last check selects all', async () => {
    const { query } = show({ queryType: 'health', signals: ['check-up'] });
    await userEvent.click(screen.getByRole('button', { name: /^Remove/ }));
    expect(query().signals).toBeUndefined();
  });

  test.each([
    [/^Node and dimension/, ['$identity', 'dimension']],
    [/^Node$/, ['$identity']],
    [/^Dimension All nodes/, ['dimension']],
    [/^Total/, []],
  ])('grouped by %s', async (choice, by) => {
    const { query } = show({ queryType: 'health' });
    await choose('Group by', choice);
    expect(query().groupBy).toEqual(by);
    await choose('Group by', /^Node and check/);
    expect(query().groupBy).toBeUndefined();
  });

  test('shows the selected columns, which depend on the grouping', async () => {
    const { query } = show({ queryType: 'health' });
    expect(screen.getByRole('combobox', { name: 'Columns' })).toHaveAttribute('placeholder', 'Default columns');
    await choose('Columns', /^First step/);
    await userEvent.click(await screen.findByRole('option', { name: /^Node/ }));
    expect(query().columns).toEqual(['step', 'node']);
    await choose('Group by', /^Node$/);
    expect(query()).toMatchObject({ groupBy: ['$identity'], columns: undefined });
    await choose('Columns', /^Worst results/);
    await userEvent.click(screen.getByRole('button', { name: /^Remove/ }));
    expect(query().columns).toBeUndefined();
    await userEvent.click(screen.getByRole('radio', { name: 'Numbers' }));
    expect(screen.queryByRole('combobox', { name: 'Columns' })).not.toBeInTheDocument();
  });

  test('hand-written labels are shown', () => {
    show({ queryType: 'health', groupBy: ['cluster', 'dimension'] });
    expect(screen.getByRole('combobox', { name: 'Group by' })).toHaveValue('cluster, dimension');
  });

  test('has a type and a legend as numbers', async () => {
    const { query } = show({ queryType: 'health' });
    await userEvent.click(screen.getByRole('radio', { name: 'Numbers' }));
    expect(query()).toEqual({ refId: 'A', queryType: 'health', format: 'timeseries', version: 1 });
    expect(screen.getByRole('radio', { name: 'Range' })).toBeChecked();
    expect(screen.getByLabelText('Legend')).toBeInTheDocument();
  });

  test('is numbers and instant in an alert rule, which explains the numbers', () => {
    show({ queryType: 'health' }, { app: CoreApp.UnifiedAlerting });
    expect(screen.getByRole('note')).toHaveTextContent(
      'Values are verdicts: 0 is ok, 1 is warning, 2 is critical, -1 is unknown.'
    );
    expect(screen.getByRole('radio', { name: 'Instant' })).toBeChecked();
    expect(screen.queryByRole('radio', { name: 'Table' })).not.toBeInTheDocument();
  });
});

test('the values of a signal and its thresholds are explained in an alert rule', () => {
  show({ queryType: 'signal', signals: ['kernel-drop-ratio', 'uptime'] }, { app: CoreApp.UnifiedAlerting });
  expect(screen.getByRole('note')).toHaveTextContent(
    /Kernel drops: Values are fractions: 2 % is 0\.02\. Suggested condition: above 0\.\d+ \(\d+ %\) for a warning, above 0\.\d+ \(\d+ %\) for a critical alert\./
  );
  expect(screen.getByRole('note')).toHaveTextContent('Uptime: ');
});

test('panels do not explain alert conditions', () => {
  show({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
  expect(screen.queryByRole('note')).not.toBeInTheDocument();
});

test('an inventory has the columns of the targets and of the catalogue', async () => {
  const datasource = fakeDataSource({ targets: [{ url: 'a:1', labels: { zone: 'a' } }] });
  const { query } = show({ queryType: 'inventory' }, { datasource });
  await choose('Columns', /^zone/);
  await userEvent.click(await screen.findByRole('option', { name: /^Engine/ }));
  await userEvent.click(await screen.findByRole('option', { name: /^Differs/ }));
  expect(query().columns).toEqual(['zone', 'engine', 'differs']);
});

test('events of all types, or of some', async () => {
  const { query } = show({ queryType: 'events' });
  expect(screen.getByRole('combobox', { name: 'Event types' })).toHaveAttribute('placeholder', 'All event types');
  await choose('Event types', 'Restarts Falco restarted on ‹node›');
  expect(query().signals).toEqual(['restart']);
});

test('events are grouped, or not', async () => {
  const { query } = show({ queryType: 'events' });
  expect(screen.getByRole('combobox', { name: 'Group by' })).toHaveValue('Nothing');
  await choose('Group by', /^Total/);
  expect(query().groupBy).toEqual([]);
  await choose('Group by', /^Node/);
  expect(query().groupBy).toEqual(['$identity']);
});

test('an impact query selects figures of the catalogue and of the settings', async () => {
  const expressions = [{ name: 'request latency', expression: 'request_seconds' }];
  const { query } = show({ queryType: 'impact' }, { datasource: fakeDataSource({ impact: { expressions } }) });
  expect(screen.getByLabelText('Window')).toHaveAttribute('placeholder', '1h');
  expect(screen.queryByRole('radio', { name: 'Instant' })).not.toBeInTheDocument();
  await choose('Figures', /^request latency/);
  await choose('Figures', /^Server load/, 'server load');
  expect(query().signals).toEqual(['request latency', 'server-load']);
  await choose('Group by', /^Change Sums/);
  expect(query().groupBy).toEqual(['change']);
  await userEvent.click(screen.getByRole('radio', { name: 'Numbers' }));
  expect(query().format).toBe('timeseries');
  await userEvent.type(screen.getByLabelText('Window'), '6h{Enter}');
  await userEvent.click(screen.getByRole('radio', { name: 'Health' }));
  expect(query()).toMatchObject({ queryType: 'health', window: undefined, signals: undefined, groupBy: undefined });
});

test('a query without a version is migrated when it is edited', async () => {
  const { query } = show({ signals: 'up', queryType: undefined } as unknown as FalcoQuery);
  await userEvent.click(screen.getByRole('radio', { name: 'Instant' }));
  expect(query()).toEqual({ refId: 'A', queryType: 'signal', signals: ['up'], instant: true, version: 1 });
});

test('an unknown query type is kept until another one is selected', () => {
  show({ queryType: 'forecast' as FalcoQuery['queryType'], version: 9 });
  const name = 'This version does not support the query type “forecast”. Select another query type to replace it.';
  expect(screen.getByRole('alert', { name })).toBeInTheDocument();
  expect(screen.queryByRole('radio', { name: 'Table' })).not.toBeInTheDocument();
});
