import { t, verbatim } from '../../i18n';
import { type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';

const listGroups = () => ({ node: t('figure.node', 'Node'), falco: verbatim('Falco') });

const listFigures = (): PickerOption[] =>
  catalogue.impact.figures.flatMap(({ signal: id, subject }) => {
    const signal = catalogue.signals.find((known) => known.id === id);
    return signal
      ? [{ value: id, label: signal.title, description: signal.summary, group: listGroups()[subject] }]
      : [];
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
    group: t('figure.own', 'Own figures'),
  }));
  return (
    <OptionPicker
      label={t('figure.figures', 'Figures')}
      tooltip={t('figure.figures-help', 'The figures to compare. All figures by default.')}
      placeholder={t('figure.all', 'All figures')}
      options={[...listFigures(), ...own]}
      value={figures}
      onChange={onChange}
    />
  );
}
