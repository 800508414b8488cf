import { type DataSourceSettings } from '@grafana/data';
import { type BackendSrv, config, setBackendSrv } from '@grafana/runtime';
import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';
import { choose, expectQuietConsole, giveElementsASize } from '../testing';
import { ConfigEditor } from './ConfigEditor';

expectQuietConsole();
beforeEach(giveElementsASize);

type Options = DataSourceSettings<FalcoSettings, FalcoSecrets>;

/** Renders the page like Grafana: reported options come back as a prop. */
function show(jsonData: FalcoSettings, other: Partial<Options> = {}) {
  let current = {
    name: 'Falco Metrics',
    basicAuth: false,
    secureJsonFields: {},
    secureJsonData: {},
    jsonData,
    ...other,
  } as Options;
  function Page() {
    const [options, setOptions] = useState(current);
    current = options;
    return <ConfigEditor options={options} onOptionsChange={setOptions} />;
  }
  const { unmount } = render(<Page />);
  return { options: () => current, settings: () => current.jsonData, unmount };
}

describe('baseline', () => {
  const digest = 'a'.repeat(64);

  test('digests are validated, and several are accepted', async () => {
    const { settings } = show({ baseline: { version: '0.44.1' } });
    await userEvent.type(screen.getByLabelText(/^Rules files/), 'abc');
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Rules files: “abc” is invalid. Expected SHA-256 digests with 64 hexadecimal digits.'
    );
    await userEvent.clear(screen.getByLabelText(/^Rules files/));
    await userEvent.type(screen.getByLabelText(/^Rules files/), `${digest}, ${digest}`);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().baseline).toEqual({ version: '0.44.1', rules: `${digest}, ${digest}` });
  });

  test('is filled in with the values of the majority', async () => {
    const get = jest.fn().mockResolvedValue({ data: { version: '0.44.1', rules: digest } });
    setBackendSrv({ get } as unknown as BackendSrv);
    const { settings } = show({ baseline: { version: '0.43.0', config: digest } }, { uid: 'falco' });
    await userEvent.click(screen.getByRole('button', { name: 'Use current majority values' }));
    expect(get.mock.calls[0][0]).toBe('/api/datasources/uid/falco/resources/baseline');
    // A value without a majority is not changed.
    expect(settings().baseline).toEqual({ version: '0.44.1', rules: digest, config: digest });
  });

  test('explains why there are no values', async () => {
    const error = 'no targets are configured: add the address of a Falco';
    setBackendSrv({
      get: jest.fn().mockRejectedValueOnce({ data: { error } }).mockResolvedValueOnce({ data: {} }),
    } as unknown as BackendSrv);
    show({ baseline: {} });
    await userEvent.click(screen.getByRole('button', { name: 'Use current majority values' }));
    expect(screen.getByRole('alert')).toHaveTextContent(`Cannot load the current values: ${error}`);
    await userEvent.click(screen.getByRole('button', { name: 'Use current majority values' }));
    expect(screen.getByRole('alert')).toHaveTextContent('No value is shared by more than half of the Falcos');
  });
});

describe('targets', () => {
  test('a new data source has an empty target, which is focused and valid until something is typed', async () => {
    const { settings } = show({});
    const address = screen.getByLabelText('Address *');
    expect(address).toHaveFocus();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().targets).toBeUndefined();
    await userEvent.type(address, 'x');
    await userEvent.clear(address);
    expect(screen.getByRole('alert')).toHaveTextContent('Enter an Address, for example falco.example:8765.');
    await userEvent.type(address, 'falco.example');
    expect(screen.getByRole('alert')).toHaveTextContent('“falco.example” has no port.');
    await userEvent.type(address, ':8765');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().targets).toEqual([{ url: 'falco.example:8765' }]);
  });

  test('a pasted list becomes targets, without secrets', async () => {
    const { settings } = show({ targets: [{ url: '', labels: { cluster: 'prod' } }, { url: 'z:1' }] });
    await userEvent.click(screen.getAllByLabelText('Address *')[0]!);
    await userEvent.paste('a:8765\nb:8765, http://me:word@c:8765/metrics\n');
    const labels = { cluster: 'prod' };
    expect(settings().targets).toEqual([
      { url: 'a:8765', labels },
      { url: 'b:8765', labels },
      { url: 'http://c:8765/metrics', labels },
      { url: 'z:1' },
    ]);
  });

  test('another target is added without an error', async () => {
    const { settings } = show({ targets: [{ url: 'a:1' }] });
    await userEvent.click(screen.getByRole('button', { name: 'Add target' }));
    expect(screen.getAllByLabelText('Address *')[1]).toHaveFocus();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().targets).toEqual([{ url: 'a:1' }, { url: '' }]);
  });

  test('kind, discovery and labels are set', async () => {
    const { settings } = show({ targets: [{ url: 'falco.svc:8765' }] });
    await choose('Kind', 'Falcosidekick');
    await choose('Discovery', /^DNS Every A and AAAA record/);
    const labels = screen.getByLabelText(/^Labels/);
    await userEvent.type(labels, 'cluster');
    expect(screen.getByRole('alert')).toHaveTextContent(
      '“cluster” is not a label. Expected name=value, for example cluster=prod.'
    );
    expect(settings().targets?.[0]?.labels).toBeUndefined();
    await userEvent.type(labels, '=prod, zone=a');
    expect(settings().targets).toEqual([
      { url: 'falco.svc:8765', kind: 'falcosidekick', discovery: 'dns', labels: { cluster: 'prod', zone: 'a' } },
    ]);
    await userEvent.clear(labels);
    expect(settings().targets?.[0]?.labels).toBeUndefined();
  });

  test('removing the second of three targets keeps the others', async () => {
    const targets = ['a', 'b', 'c'].map((name) => ({ url: `${name}:1`, labels: { zone: name } }));
    const { settings } = show({ targets });
    await userEvent.click(screen.getByRole('button', { name: 'Remove target 2' }));
    expect(settings().targets).toEqual([targets[0], targets[2]]);
    const last = screen.getByRole('group', { name: 'Target 2' });
    expect(within(last).getByLabelText('Address *')).toHaveValue('c:1');
    expect(within(last).getByLabelText(/^Labels/)).toHaveValue('zone=c');
  });

  test('the capacity is collapsed until a field is set', async () => {
    const { settings } = show({ targets: [{ url: 'a:1' }] });
    expect(screen.queryByLabelText(/^Expected instances/)).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Expand section Capacity' }));
    await userEvent.type(screen.getByLabelText(/^Expected instances/), '12');
    const table = screen.getByLabelText(/^Thread table size/);
    expect(table).toHaveAttribute('placeholder', '262144');
    await userEvent.type(table, '0.5');
    expect(screen.getByRole('alert')).toHaveTextContent('Thread table size must be 1 or more.');
    await userEvent.clear(table);
    await userEvent.type(table, '1000.5');
    expect(screen.getByRole('alert')).toHaveTextContent('Thread table size must be a whole number.');
    await userEvent.clear(table);
    await userEvent.type(screen.getByLabelText(/^Memory limit/), '1Gx');
    expect(screen.getByRole('alert')).toHaveTextContent(
      '“1Gx” is not an amount of memory. Expected, for example, 512Mi or 1Gi.'
    );
    expect(settings().targets?.[0]).toMatchObject({ expectedInstances: 12, memoryLimit: '1Gx' });
  });

  test('a CPU limit is written as in Kubernetes, and a number from YAML is shown', async () => {
    const { settings } = show({ targets: [{ url: 'a:1', cpuLimit: 0.5 }] });
    const limit = screen.getByLabelText(/^CPU limit/);
    expect(limit).toHaveValue('0.5');
    await userEvent.clear(limit);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    await userEvent.type(limit, '500');
    await userEvent.type(limit, 'Mi');
    expect(screen.getByRole('alert')).toHaveTextContent(
      '“500Mi” is not an amount of CPU. Expected, for example, 500m, 0.5 or 2.'
    );
    await userEvent.clear(limit);
    await userEvent.type(limit, '500m');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().targets?.[0]?.cpuLimit).toBe('500m');
  });
});

test('Falcosidekick has no capacity settings', () => {
  show({ targets: [{ url: 'a:1', kind: 'falcosidekick', expectedInstances: 3 }] });
  expect(screen.queryByText('Capacity')).not.toBeInTheDocument();
});

test.each([
  ['Expected instances', 'Number of nodes that should run Falco. Used by: Nodes without Falco, Missing instances.'],
  ['Thread table size', 'falco_libs.thread_table_size in falco.yaml. Used by: Thread table usage.'],
  [
    'Memory limit',
    'Memory limit of the Falco container. Used by: Memory limit usage, Time to memory limit, Falcosidekick memory limit usage.',
  ],
  [
    'CPU limit',
    'CPU limit of the Falco container. Used by: CPU capacity usage, CPU capacity usage since start, CPU limit usage.',
  ],
  ['Outputs queue capacity', 'outputs_queue.capacity in falco.yaml; 0 means unbounded. Used by: Dropped alerts.'],
])('%s lists the signals that use it', (label, help) => {
  show({ targets: [{ url: 'a:1', expectedInstances: 3 }] });
  expect(screen.getByLabelText(new RegExp(`^${label}`))).toHaveAccessibleName(`${label} ${help}`);
});

describe('Prometheus mode', () => {
  test('keeps the targets of scrape mode', async () => {
    const { settings } = show({ targets: [{ url: 'a:1' }] });
    await userEvent.click(screen.getByRole('radio', { name: /^Prometheus/ }));
    expect(screen.queryByRole('button', { name: 'Add target' })).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Retention time')).not.toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    const url = screen.getByLabelText('Server URL *');
    await userEvent.type(url, 'x');
    await userEvent.clear(url);
    expect(screen.getByRole('alert')).toHaveTextContent('Enter a Server URL, for example http://prometheus:9090.');
    await userEvent.type(url, 'http://prometheus:9090');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings()).toEqual({
      mode: 'prometheus',
      targets: [{ url: 'a:1' }],
      prometheus: { url: 'http://prometheus:9090' },
    });
  });

  test('validates matchers and identity labels', async () => {
    const { settings } = show({ mode: 'prometheus', prometheus: { url: 'http://a' } });
    const matchers = screen.getByLabelText(/^Matchers/);
    await userEvent.type(matchers, 'job=falco');
    expect(screen.getByRole('alert')).toHaveTextContent(
      '“job=falco” is not a valid matcher. Expected, for example, job="falco", cluster=~"prod.*".'
    );
    await userEvent.clear(matchers);
    await userEvent.type(matchers, 'job="falco"');
    const identity = screen.getByLabelText(/^Identity labels/);
    expect(identity).toHaveAttribute('placeholder', 'instance');
    await userEvent.type(identity, 'cluster, node, x');
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Identity labels must be one or two different labels, for example instance, or cluster, node.'
    );
    await userEvent.clear(identity);
    await userEvent.type(identity, 'cluster, node');
    const exporter = screen.getByLabelText(/^node_exporter label/);
    expect(exporter).toHaveAttribute('placeholder', 'node');
    await userEvent.type(exporter, 'node name');
    expect(screen.getByRole('alert')).toHaveTextContent('“node name” is not a label name.');
    await userEvent.clear(exporter);
    await userEvent.type(exporter, 'nodename');
    await userEvent.type(screen.getByLabelText(/^Tenant(?! header)/), 'team-a');
    await choose('HTTP method', 'GET');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().prometheus).toEqual({
      url: 'http://a',
      matchers: 'job="falco"',
      identityLabels: ['cluster', 'node'],
      nodeExporterLabel: 'nodename',
      tenant: 'team-a',
      method: 'GET',
    });
  });

  test('secrets in the URL or the parameters are reported and not saved', async () => {
    const { settings } = show({ mode: 'prometheus', prometheus: {} });
    await userEvent.type(screen.getByLabelText('Server URL *'), 'http://me:word@prometheus');
    expect(settings().prometheus?.url).toBe('http://prometheus');
    await userEvent.type(screen.getByLabelText(/^Query parameters/), 'token=x');
    expect(screen.getAllByRole('alert').at(-1)).toHaveTextContent('“token” looks like a secret');
  });

  test('is read-only when provisioned', () => {
    show({ mode: 'prometheus', prometheus: { url: 'http://a', expectedInstances: 3 } }, { readOnly: true });
    const fields = [...screen.getAllByRole('textbox'), ...screen.getAllByRole('radio')];
    expect(fields.length).toBeGreaterThan(8);
    fields.forEach((field) => expect(field).toBeDisabled());
  });
});

describe('scraping', () => {
  test('a timeout longer than the interval is reported', async () => {
    const { settings } = show({ targets: [{ url: 'a:1' }], scrapeInterval: '5s' });
    const timeout = screen.getByLabelText(/^Scrape timeout/);
    expect(timeout).toHaveAttribute('placeholder', '5s');
    await userEvent.type(timeout, '8s');
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Scrape timeout must not be longer than Scrape interval. 5s is used instead.'
    );
    await userEvent.clear(timeout);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(settings().scrapeTimeout).toBeUndefined();
  });
});

describe('retention', () => {
  test('memory is estimated while typing', async () => {
    const { settings } = show({ targets: [{ url: 'a:1' }, { url: 'b:1' }, { url: 'c:1' }] });
    const estimate = screen.getByRole('status');
    expect(estimate).toHaveTextContent(
      'About 15 MB for 3 targets, assuming 300 series per target and 3 bytes per sample.'
    );
    await userEvent.type(screen.getByLabelText('Retention time'), '48h');
    expect(estimate).toHaveTextContent('About 30 MB for 3 targets');
    await userEvent.type(screen.getByLabelText('Retention size'), '10MB');
    expect(estimate).toHaveTextContent('10 MB hold about 16 hours of samples.');
    expect(settings().retention).toEqual({ time: '48h', size: '10MB' });
  });

  test('memory is not estimated without targets', () => {
    show({});
    expect(screen.getByRole('status')).toHaveTextContent('Add targets to see an estimate');
  });

  test('targets with discovery are counted as one instance, which is shown', () => {
    show({ targets: [{ url: 'falco:8765', discovery: 'dns' }] });
    expect(screen.getByRole('status')).toHaveTextContent(
      '1 target with discovery counts as one instance. Set “Expected instances” for a better estimate.'
    );
  });

  test.each([
    [{ time: 'long' }, '“long” is not a duration above 0. Expected, for example, 30s.'],
    [{ size: '512' }, '“512” is not a size above 0. Expected, for example, 512MB or 1GB.'],
  ])('refuses %j', (retention, problem) => {
    show({ retention });
    expect(screen.getByRole('alert')).toHaveTextContent(problem);
  });
});

test('live: minimum interval and viewers', async () => {
  const { settings } = show({});
  await userEvent.click(screen.getByRole('button', { name: 'Expand section Live' }));
  const interval = screen.getByLabelText(/^Minimum interval/);
  expect(interval).toHaveAttribute('placeholder', '1s');
  await userEvent.type(interval, '0.1s');
  expect(screen.getByRole('alert')).toHaveTextContent(
    'Minimum interval must be between 500ms and 1m, or 0 to turn live updates off.'
  );
  for (const right of ['0', '500ms', '1m']) {
    await userEvent.clear(interval);
    await userEvent.type(interval, right);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  }
  await userEvent.click(screen.getByRole('switch', { name: /^Allow viewers/ }));
  expect(settings().live).toEqual({ minInterval: '1m', allowViewers: true });
  await userEvent.click(screen.getByRole('switch', { name: /^Allow viewers/ }));
  expect(settings().live).toEqual({ minInterval: '1m', allowViewers: undefined });
});

test('every limit is saved as typed', async () => {
  const expected: Required<NonNullable<FalcoSettings['limits']>> = {
    bodySizeLimit: '4MB',
    sampleLimit: 10,
    labelValueLengthLimit: 20,
    labelLimit: 30,
    targetLimit: 40,
    resultCacheSize: '7MB',
    responseSizeLimit: '5MB',
    maxSamples: 50,
    queryTimeout: '1m',
    expressionSizeLimit: '6KB',
    expressionDepthLimit: 60,
  };
  const fieldName = (limit: string) => limit.replace('maxS', 'maximumS').replace(/[A-Z]/g, (upper) => ` ${upper}`);
  for (const mode of ['scrape', 'prometheus'] as const) {
    const { settings, unmount } = show({ mode, limits: {} });
    await userEvent.click(screen.getByRole('button', { name: 'Expand section Limits' }));
    const typed: Record<string, unknown> = {};
    for (const [limit, value] of Object.entries(expected)) {
      const field = screen.queryByLabelText(new RegExp(`^${fieldName(limit)}`, 'i'));
      if (field) {
        typed[limit] = value;
        fireEvent.change(field, { target: { value: String(value) } });
      }
    }
    const { responseSizeLimit, ...scraping } = expected;
    const { maxSamples, queryTimeout, expressionSizeLimit, expressionDepthLimit } = scraping;
    const queries = { maxSamples, queryTimeout, expressionSizeLimit, expressionDepthLimit };
    expect(typed).toEqual(mode === 'scrape' ? scraping : { ...queries, responseSizeLimit });
    expect(settings().limits).toEqual(typed);
    unmount();
  }
});

test('loopback is allowed for discovered targets', () => {
  const { settings } = show({ targets: [{ url: 'a:1' }, { url: 'b:1', discovery: 'dns' }] });
  expect(screen.getAllByRole('switch', { name: /^Allow loopback/ })).toHaveLength(1);
  fireEvent.click(screen.getByRole('switch', { name: /^Allow loopback/ }));
  expect(settings().targets?.[1]).toEqual({ url: 'b:1', discovery: 'dns', allowLoopback: true });
  fireEvent.click(screen.getByRole('switch', { name: /^Allow loopback/ }));
  expect(settings().targets?.[1]?.allowLoopback).toBeUndefined();
});

describe('manifests and export', () => {
  test('shows manifests and exports targets', async () => {
    const get = jest.fn().mockResolvedValue({ data: 'scrape_configs: []' });
    setBackendSrv({ get } as unknown as BackendSrv);
    show({ targets: [{ url: 'a:1' }] }, { uid: 'falco' });
    await userEvent.click(screen.getByRole('button', { name: 'Expand section Manifests and export' }));
    await userEvent.click(screen.getByRole('button', { name: 'Headless Service' }));
    expect(screen.getByRole('region', { name: 'Headless Service' })).toHaveTextContent(
      'publishNotReadyAddresses: true'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Prometheus scrape configuration' }));
    expect(await screen.findByText('scrape_configs: []')).toBeInTheDocument();
    expect(get.mock.calls[0].slice(0, 2)).toEqual([
      '/api/datasources/uid/falco/resources/export',
      { format: 'prometheus' },
    ]);
    get.mockRejectedValue({ data: { error: 'no targets are configured' } });
    await userEvent.click(screen.getByRole('button', { name: 'ServiceMonitor' }));
    expect(await screen.findByText('Cannot load “ServiceMonitor”: no targets are configured')).toBeInTheDocument();
  });
});

test.each([
  ['without targets', [], false],
  ['with targets', [{ url: 'a:1' }], true],
])('manifests and export in Prometheus mode %s', async (_, targets, exported) => {
  show({ mode: 'prometheus', prometheus: { url: 'http://a' }, targets });
  await userEvent.click(screen.getByRole('button', { name: 'Expand section Manifests and export' }));
  await userEvent.click(screen.getByRole('button', { name: 'Helm values for Falco' }));
  expect(screen.getByRole('region', { name: 'Helm values for Falco' })).toHaveTextContent('libbpfStatsEnabled: true');
  expect(screen.queryAllByRole('button', { name: 'ServiceMonitor' })).toHaveLength(exported ? 1 : 0);
});

describe('authentication', () => {
  test('stores username and password like other data sources, and forwards nothing', async () => {
    const { options } = show({});
    await userEvent.click(screen.getByLabelText('Authentication method'));
    expect(screen.queryByText('Forward OAuth Identity')).not.toBeInTheDocument();
    await userEvent.click(screen.getByText('Basic authentication'));
    await userEvent.type(screen.getByLabelText(/^User/), 'grafana');
    await userEvent.type(screen.getByLabelText(/^Password/), 'word');
    expect(options()).toMatchObject({
      basicAuth: true,
      basicAuthUser: 'grafana',
      secureJsonData: { basicAuthPassword: 'word' },
    });
    expect(options().jsonData).toEqual({});
  });

  test('TLS settings and a header', async () => {
    const { options } = show({});
    await userEvent.click(screen.getByLabelText('Skip TLS certificate validation'));
    await userEvent.click(screen.getByRole('button', { name: 'Expand section HTTP headers' }));
    await userEvent.click(screen.getByRole('button', { name: 'Add header' }));
    await userEvent.type(screen.getByLabelText('Header'), 'Authorization');
    await userEvent.type(screen.getByLabelText('Value'), 'Bearer x');
    await userEvent.tab();
    expect(options().jsonData).toMatchObject({ tlsSkipVerify: true, httpHeaderName1: 'Authorization' });
    expect(options().secureJsonData).toMatchObject({ httpHeaderValue1: 'Bearer x' });
  });

  test('the proxy is offered if Grafana has one', async () => {
    config.secureSocksDSProxyEnabled = true;
    const { settings } = show({});
    await userEvent.click(screen.getByLabelText(/^Secure socks proxy/));
    expect(settings().enableSecureSocksProxy).toBe(true);
    config.secureSocksDSProxyEnabled = false;
  });
});

test('a provisioned data source is read-only', () => {
  config.secureSocksDSProxyEnabled = true;
  show(
    {
      targets: [{ url: 'a:1', expectedInstances: 3 }],
      limits: { queryTimeout: '1m' },
      ...{ tlsAuth: true, tlsAuthWithCACert: true, httpHeaderName1: 'Authorization' },
    },
    { readOnly: true, basicAuth: true, basicAuthUser: 'grafana', secureJsonFields: { httpHeaderValue1: true } }
  );
  config.secureSocksDSProxyEnabled = false;

  // Grafana's own page explains why it is read-only.
  expect(screen.getAllByText(/provision/i)).toEqual([
    screen.getByText(/^The Dashboards tab also lists dashboards that are already provisioned\./),
  ]);
  const fields = [
    ...screen.getAllByRole('textbox'),
    ...screen.getAllByRole('combobox'),
    ...screen.getAllByRole('checkbox'),
  ];
  expect(fields.length).toBeGreaterThan(15);
  fields.forEach((field) => expect(field).toBeDisabled());
  screen.getAllByRole('spinbutton').forEach((field) => expect(field).toBeDisabled());
  for (const name of ['Add target', 'Remove target 1', 'Add another header']) {
    const button = screen.getByRole('button', { name });
    expect(button.matches(':disabled, [aria-disabled="true"]')).toBe(true);
  }
});
