import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { IMPACT } from '../../contract';
import { type FalcoSettings, type ImpactExpression } from '../../settings';
import { choose, expectQuietConsole, giveElementsASize } from '../testing';
import { ImpactSection } from './ImpactSection';

expectQuietConsole();
beforeEach(giveElementsASize);

const latency: ImpactExpression = {
  name: 'request latency',
  expression: 'avg by (node) (latency)',
  unit: 's',
  worse: 'higher',
};

/** Renders the section like the config editor. */
function show(expressions?: ImpactExpression[], disabled = false) {
  let current: FalcoSettings = expressions ? { impact: { expressions } } : {};
  function Page() {
    const [settings, setSettings] = useState(current);
    current = settings;
    return (
      <ImpactSection
        settings={settings}
        onChange={(change) => setSettings({ ...settings, ...change })}
        disabled={disabled}
      />
    );
  }
  render(<Page />);
  return () => current.impact;
}

const figure = (number: number) => within(screen.getByRole('group', { name: `Figure ${number}` }));

test('a figure is added with all its fields', async () => {
  const impact = show();
  await userEvent.click(screen.getByRole('button', { name: 'Expand section Impact report' }));
  await userEvent.click(screen.getByRole('button', { name: 'Add figure' }));
  await userEvent.type(figure(1).getByLabelText(/^Name/), latency.name);
  await userEvent.type(figure(1).getByLabelText(/^Expression/), latency.expression);
  expect(impact()).toEqual({ expressions: [{ name: latency.name, expression: latency.expression }] });
  await userEvent.type(figure(1).getByLabelText(/^Unit/), 's');
  await choose('Direction', 'Higher is worse');
  expect(impact()).toEqual({ expressions: [latency] });
});

test('two new figures are not reported before they have names', async () => {
  show([{ name: '', expression: '' }]);
  await userEvent.click(screen.getByRole('button', { name: 'Add figure' }));
  expect(screen.getAllByLabelText(/^Name/)).toHaveLength(2);
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

test('an emptied unit is no setting, and neither is a list without figures', async () => {
  const impact = show([latency]);
  await userEvent.clear(figure(1).getByLabelText(/^Unit/));
  expect(impact()).toEqual({ expressions: [{ ...latency, unit: undefined }] });
  await userEvent.click(screen.getByRole('button', { name: 'Remove figure 1' }));
  expect(impact()).toBeUndefined();
});

test('a name that is defined twice is reported at the second figure', async () => {
  show([latency, { name: 'errors', expression: 'errors' }]);
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  const name = figure(2).getByLabelText(/^Name/);
  await userEvent.clear(name);
  await userEvent.type(name, latency.name);
  expect(figure(1).queryByRole('alert')).not.toBeInTheDocument();
  expect(figure(2).getByRole('alert')).toHaveTextContent(
    'The figure “request latency” is defined twice. Rename or remove one.'
  );
});

test('removing the first of two figures keeps the second', async () => {
  const errors: ImpactExpression = { name: 'errors', expression: 'errors' };
  const impact = show([latency, errors]);
  await userEvent.click(screen.getByRole('button', { name: 'Remove figure 1' }));
  expect(impact()).toEqual({ expressions: [errors] });
  expect(figure(1).getByLabelText(/^Name/)).toHaveValue('errors');
});

test('no more figures than the backend accepts can be added', async () => {
  const all = Array.from({ length: IMPACT.expressionLimit }, (_, i) => ({ name: `f${i}`, expression: 'up' }));
  const impact = show(all);
  await userEvent.click(screen.getByRole('button', { name: 'Add figure' }));
  expect(impact()?.expressions).toHaveLength(20);
});

test('the figures of a provisioned data source are read-only', () => {
  show([latency], true);
  const { getAllByRole, getByRole } = figure(1);
  [...getAllByRole('textbox'), getByRole('combobox'), getByRole('button')].forEach((field) =>
    expect(field).toBeDisabled()
  );
});
