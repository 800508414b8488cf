import { type ComboboxOption } from '@grafana/ui';
import { sortBy } from 'lodash';

export type PickerOption = Required<Pick<ComboboxOption<string>, 'value' | 'label' | 'description'>> & {
  group?: string;
  /** Other words that find the option, and are not shown. */
  keywords?: string[];
};

/**
 * The options that contain every word of the text. Matches of the title come first, then those of the id and the keywords,
 * then those of the description and the group. Options of one group stay together.
 */
export function searchOptions(options: PickerOption[], text: string): PickerOption[] {
  // Falco writes scap.n_evts where Prometheus has scap_n_evts.
  const normalize = (written: string) => written.toLowerCase().replaceAll('.', '_');
  const words = normalize(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return options;
  }
  const rank = ({ value, label, description, group = '', keywords = [] }: PickerOption) => {
    const levels = [[label], [value, ...keywords], [description, group]];
    return levels.findIndex((_, level) => {
      const texts = normalize(
        levels
          .slice(0, level + 1)
          .flat()
          .join(' ')
      );
      return words.every((word) => texts.includes(word));
    });
  };
  const found = options.flatMap((option) => {
    const level = rank(option);
    return level < 0 ? [] : [{ option, level }];
  });
  const best = (group: string | undefined) =>
    Math.min(...found.filter(({ option }) => option.group === group).map(({ level }) => level));
  const groups = [...new Set(found.map(({ option }) => option.group))];
  return sortBy(groups, best).flatMap((group) =>
    sortBy(
      found.filter(({ option }) => option.group === group),
      ({ level }) => level
    ).map(({ option }) => option)
  );
}
