import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';

const GROUPS = { node: 'Node', falco: 'Falco' } as const;

const FIGURES: PickerOption[] = catalogue.impact.figures.flatMap(({ signal: id, subject }) => {
  const signal = catalogue.signals.find((known) => known.id === id);
  return signal ? [{ value: id, label: signal.title, description: signal.summary, group: GROUPS[subject] }] : [];
});

interface Props {
  /** Ids of signals, or names of expressions in the settings. An empty list means all figures. */
  figures: string[];
  settings: FalcoSettings;
  onChange: (figures: string[]) => void;
}

export function FigurePicker({ figures, settings, onChange }: Props) {
  const own = (settings.impact?.expressions ?? []).map(({ name, expression }) => ({
    value: name,
    label: name,
    description: expression,
    group: 'Own figures',
  }));
  return (
    <OptionPicker
      label="Figures"
      tooltip="The figures to compare. All figures by default."
      placeholder="All figures"
      options={[...FIGURES, ...own]}
      value={figures}
      onChange={onChange}
    />
  );
}
