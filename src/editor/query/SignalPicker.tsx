import { once } from 'lodash';
import { t } from '../../i18n';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';
import { unitName } from './units';

/** Sorted by dimension, because options of one group have to be adjacent. */
const listOptions = once((): PickerOption[] =>
  catalogue.dimensions.flatMap((dimension) =>
    catalogue.signals
      .filter((signal) => signal.dimension === dimension.id)
      .map(({ id, title, unit, summary, needs, expr }) => ({
        value: id,
        label: `${title} (${unitName(unit)})`,
        description: summary,
        group: dimension.title,
        keywords: [
          ...new Set([
            ...needs.flatMap(({ metric, anyOf = [] }) => [metric, ...anyOf]),
            ...[...expr.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, metric = '']) => metric),
          ]),
        ],
      }))
  )
);

interface Props {
  signals: string[];
  onChange: (signals: string[]) => void;
}

export function SignalPicker({ signals, onChange }: Props) {
  return (
    <OptionPicker
      label={t('signal.signals', 'Signals')}
      tooltip={t('signal.signals-help', 'Several signals return several series, or the columns of one table.')}
      placeholder={t('signal.select', 'Select a signal')}
      options={listOptions()}
      value={signals}
      onChange={onChange}
      takesVariables
    />
  );
}
