import { t } from '../../i18n';
import { catalogue } from '../../signals';
import { OptionPicker } from './OptionPicker';
import { type PickerOption } from './searchOptions';

const OPTIONS: PickerOption[] = catalogue.events.map(({ id, title, text }) => ({
  value: id,
  label: title,
  // The first sentence of an event's text says what happened. The list has no room for more.
  description: (text.split(/[.;](?:\s|$)/)[0] ?? '').replace(/{{(\w+)}}/g, '‹$1›'),
}));

interface Props {
  /** Ids of event types. An empty list means all types. */
  events: string[];
  onChange: (events: string[]) => void;
}

export function EventPicker({ events, onChange }: Props) {
  return (
    <OptionPicker
      label={t('event.types', 'Event types')}
      tooltip={t('event.types-help', 'The types of events to show. All types by default.')}
      placeholder={t('event.all', 'All event types')}
      options={OPTIONS}
      value={events}
      onChange={onChange}
    />
  );
}
