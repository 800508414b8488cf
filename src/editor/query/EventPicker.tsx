import { catalogue } from '../../signals';
import { OptionPicker, type PickerOption } from './OptionPicker';

const OPTIONS: PickerOption[] = catalogue.events.map(({ id, title, text }) => ({
  value: id,
  label: title,
  // What an event says begins with what it is; the list has room for that much.
  description: (text.split(/[.;](?:\s|$)/)[0] ?? '').replace(/{{(\w+)}}/g, '‹$1›'),
}));

interface Props {
  /** Ids of the kinds of events; none for all. */
  events: string[];
  onChange: (events: string[]) => void;
}

export function EventPicker({ events, onChange }: Props) {
  return (
    <OptionPicker
      label="Kinds of events"
      tooltip="What counts as an event. Without a choice: everything."
      placeholder="All kinds"
      options={OPTIONS}
      value={events}
      onChange={onChange}
    />
  );
}
