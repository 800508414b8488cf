import { catalogue } from '../../signals';
import { OptionPicker, type PickerOption } from './OptionPicker';
import { unitName } from './units';

/** Sorted by dimension, because options of one group have to be adjacent. */
const OPTIONS: PickerOption[] = catalogue.dimensions.flatMap((dimension) =>
  catalogue.signals
    .filter((signal) => signal.dimension === dimension.id)
    .map(({ id, title, unit, summary }) => ({
      value: id,
      label: `${title} (${unitName(unit)})`,
      description: summary,
      group: dimension.title,
    }))
);

interface Props {
  signals: string[];
  onChange: (signals: string[]) => void;
}

export function SignalPicker({ signals, onChange }: Props) {
  return (
    <OptionPicker
      label="Signals"
      tooltip="Several signals return several series, or the columns of one table."
      placeholder="Select a signal"
      options={OPTIONS}
      value={signals}
      onChange={onChange}
    />
  );
}
