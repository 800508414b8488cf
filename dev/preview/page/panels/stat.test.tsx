import '@testing-library/jest-dom';
import {
  FieldColorModeId,
  getDefaultTimeRange,
  LoadingState,
  MappingType,
  SpecialValueMatch,
  type PanelProps,
} from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { type ComponentType } from 'react';
import { stat } from './stat';

const unknown = {
  type: MappingType.SpecialValue as const,
  options: { match: SpecialValueMatch.NullAndNaN, result: { text: 'unknown', color: 'purple' } },
};

beforeEach(() => {
  const canvas = { measureText: (text: string) => ({ width: 8 * text.length }) };
  jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(canvas as unknown as null);
});

/** Renders the panel without data. */
function show(mappings: Array<typeof unknown>) {
  const { panel, defaults } = stat();
  const Panel = panel as unknown as ComponentType<PanelProps>;
  const data = { state: LoadingState.Done, series: [], timeRange: getDefaultTimeRange() };
  const fieldConfig = { defaults: { mappings, color: { mode: FieldColorModeId.Thresholds } }, overrides: [] };
  const props = { data, fieldConfig, options: defaults, width: 300, height: 60, replaceVariables: (t: string) => t };
  render(<Panel {...(props as unknown as PanelProps)} />);
}

test('a tile without data shows what null is mapped to, as in Grafana', () => {
  show([unknown]);
  expect(screen.getByText('unknown')).toBeInTheDocument();
});

test('a tile without such a mapping says that there is no data', () => {
  show([]);
  expect(screen.getByTestId('empty-panel')).toHaveTextContent('No data');
});
