import { catalogue } from '../../signals';
import { OptionPicker, type PickerOption } from './OptionPicker';
import { unitWord } from './units';

/** In the order of the dimensions, so that each is one group. */
const OPTIONS: PickerOption[] = catalogue.dimensions.flatMap((dimension) =>
  catalogue.signals
    .filter((signal) => signal.dimension === dimension.id)
    .map(({ id, title, unit, summary }) => ({
      value: id,
      label: `${title} (${unitWord(unit)})`,
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
      tooltip="What to show. Several make several series, or the columns of one table."
      placeholder="Choose a signal"
      options={OPTIONS}
      value={signals}
      onChange={onChange}
    />
  );
}
