import { type DataSourceSettings } from '@grafana/data';
import { config } from '@grafana/runtime';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useState } from 'react';
import { parse } from 'yaml';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { choose, expectQuietConsole, giveElementsASize } from '../testing';
import { OBJECTIVES, receiverManifests } from './receiverManifests';
import { ReceiverSection } from './ReceiverSection';

expectQuietConsole();
beforeEach(giveElementsASize);

type Options = DataSourceSettings<FalcoSettings, FalcoSecrets>;

function show(receiver: FalcoSettings['receiver'], other: Partial<Options> = {}) {
  let current = { uid: 'falco', jsonData: { receiver }, secureJsonFields: {}, ...other } as Options;
  function Section() {
    const [options, setOptions] = useState(current);
    current = options;
    return <ReceiverSection options={options} onOptionsChange={setOptions} />;
  }
  render(<Section />);
  return () => current;
}

test('is turned on with a secret', async () => {
  const options = show(undefined);
  await userEvent.click(screen.getByRole('button', { name: 'Expand section Alert receiver' }));
  await userEvent.click(screen.getByRole('switch', { name: /^Accept alerts/ }));
  expect(screen.getByRole('alert')).toHaveTextContent('Enter a Shared secret.');
  await userEvent.type(screen.getByLabelText(/^Shared secret/), 's3cret');
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  expect(options().jsonData.receiver).toEqual({ enabled: true });
  expect(options().secureJsonData).toEqual({ receiverSecret: 's3cret' });
  await userEvent.click(screen.getByRole('switch', { name: /^Accept alerts/ }));
  expect(options().jsonData.receiver).toEqual({ enabled: undefined });
});

test('a stored secret is replaced', async () => {
  const options = show({ enabled: true }, { secureJsonFields: { receiverSecret: true } });
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  expect(screen.getByLabelText(/^Shared secret/)).toHaveValue('configured');
  await userEvent.click(screen.getByRole('button', { name: 'Reset' }));
  expect(screen.getByRole('alert')).toHaveTextContent('Enter a Shared secret.');
  await userEvent.type(screen.getByLabelText(/^Shared secret/), 'new');
  expect(options()).toMatchObject({
    secureJsonFields: { receiverSecret: false },
    secureJsonData: { receiverSecret: 'new' },
  });
});

test('objective and limits', async () => {
  const options = show({ enabled: true }, { secureJsonFields: { receiverSecret: true } });
  expect(screen.getByRole('combobox', { name: /^Objective/ })).toHaveValue('30s');
  expect(screen.getByLabelText(/^Rate limit/)).toHaveAttribute('placeholder', '2000');
  expect(screen.getByLabelText(/^Series limit/)).toHaveAttribute('placeholder', '10000');
  await choose(/^Objective/, '10s');
  await userEvent.type(screen.getByLabelText(/^Rate limit/), '0');
  expect(screen.getByRole('alert')).toHaveTextContent('Rate limit must be 1 or more.');
  await userEvent.clear(screen.getByLabelText(/^Rate limit/));
  await userEvent.type(screen.getByLabelText(/^Rate limit/), '500');
  await userEvent.type(screen.getByLabelText(/^Series limit/), '2000');
  expect(options().jsonData.receiver).toEqual({ enabled: true, objective: '10s', rateLimit: 500, seriesLimit: 2000 });
});

test('a provisioned data source is read-only', async () => {
  const options = show({ enabled: true }, { readOnly: true, secureJsonFields: { receiverSecret: true } });
  const fields = ['textbox', 'combobox', 'switch', 'spinbutton'].flatMap((role) => screen.getAllByRole(role));
  expect(fields).toHaveLength(9);
  fields.forEach((field) => expect(field).toBeDisabled());
  await userEvent.click(screen.getByRole('button', { name: 'Reset' }));
  expect(options().secureJsonFields).toEqual({ receiverSecret: true });
});

test('the texts for senders contain the address of the data source', async () => {
  config.appUrl = 'https://grafana.test/sub/';
  show({ enabled: true }, { secureJsonFields: { receiverSecret: true } });
  await userEvent.click(screen.getByRole('button', { name: 'Helm values for Falcosidekick' }));
  expect(screen.getByRole('region', { name: 'Helm values for Falcosidekick' })).toHaveTextContent(
    'address: https://grafana.test/sub/api/datasources/uid/falco/resources/alerts'
  );
  await userEvent.click(screen.getByRole('button', { name: 'falco.yaml' }));
  expect(screen.getByRole('region', { name: 'falco.yaml' })).toHaveTextContent('json_output: true');
});

test('what is expected, and the canary', async () => {
  const options = show({ enabled: true, minimumPriority: 'Warning' }, { secureJsonFields: { receiverSecret: true } });
  expect(screen.getByRole('combobox', { name: /^Minimum priority/ })).toHaveValue('warning');
  await choose(/^Minimum priority/, 'error');
  await userEvent.type(screen.getByPlaceholderText('New rule (enter key to add)'), 'Canary{Enter}');
  await userEvent.type(screen.getByLabelText(/^Canary rule/), 'Canary');
  await userEvent.type(screen.getByLabelText(/^Canary period/), 'soon');
  expect(screen.getByRole('alert')).toBeInTheDocument();
  await userEvent.clear(screen.getByLabelText(/^Canary period/));
  expect(options().jsonData.receiver).toEqual({
    enabled: true,
    minimumPriority: 'error',
    rules: ['Canary'],
    canary: { rule: 'Canary', period: undefined },
  });
});

test('the texts for senders are valid and agree with each other', () => {
  const address = 'https://grafana.test/api/datasources/uid/falco/resources/alerts';
  const [secret, sidekick, falco, values] = receiverManifests(address).map(({ text }) => text);
  const url =
    'https://api_key:${GRAFANA_TOKEN}@grafana.test/api/datasources/uid/falco/resources/alerts?secret=${FALCO_RECEIVER_SECRET}';
  expect(parse(falco!)).toEqual({ json_output: true, http_output: { enabled: true, url } });
  expect(parse(values!).falco).toEqual(parse(falco!));
  expect(parse(sidekick!).falcosidekick.config.webhook.address).toBe(address);
  const references = [...parse(sidekick!).falcosidekick.config.extraEnv, ...parse(values!).extra.env];
  for (const { valueFrom } of references) {
    expect(secret).toContain(`secret generic ${valueFrom.secretKeyRef.name} `);
    expect(secret).toContain(`--from-literal=${valueFrom.secretKeyRef.key}=`);
  }
});

test('the backend has the same bounds', () => {
  const source = readFileSync(join(__dirname, '../../../pkg/receiver/metrics.go'), 'utf8');
  const [, bounds = ''] = /Buckets = \[\]float64\{(.*)\}/.exec(source) ?? [];
  expect(JSON.parse(`[${bounds}]`)).toEqual(OBJECTIVES.map((objective) => parseDuration(objective)! / 1000));
});
