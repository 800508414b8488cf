import { type DataFrame, DataFrameType, FieldColorModeId, FieldType } from '@grafana/data';

/**
 * Colours of series. None is similar to the red and yellow of verdicts. All have a contrast of at least 3 with the panels of
 * both themes. Neighbours differ in hue and in lightness.
 */
const palette = [
  '#4b88fc',
  '#ad399f',
  '#00a960',
  '#057aaa',
  '#b464df',
  '#548007',
  '#0b9fb2',
  '#7454d5',
  '#e15093',
  '#008473',
  '#2d68de',
  '#ce59be',
  '#02874c',
  '#0a99d3',
  '#9545bf',
  '#6aa10d',
  '#00808f',
  '#8f73f7',
  '#bf2e76',
  '#0ea490',
].map((fixedColor) => ({ mode: FieldColorModeId.Fixed, fixedColor }));

/** Lines of series that share a colour, beginning with the second one. */
const dashes = [
  [10, 6],
  [3, 4],
  [14, 4, 3, 4],
].map((dash) => ({ lineStyle: { fill: 'dash', dash } }));

/**
 * Gives each series the colour of its name, so that a node has the same in every graph, whatever other nodes it shows. Names
 * that only differ in their last character have different colours. Series that share a colour have different dashes.
 */
export function colourSeries(frames: DataFrame[]): DataFrame[] {
  const taken = new Map<number, number>();
  return frames.map((frame) => {
    if (frame.meta?.type !== DataFrameType.TimeSeriesMulti) {
      return frame;
    }
    const fields = frame.fields.map((field) => {
      if (field.type !== FieldType.number) {
        return field;
      }
      const index = indexOf(field.config.displayNameFromDS ?? field.name);
      const before = taken.get(index) ?? 0;
      taken.set(index, before + 1);
      const custom =
        before > 0 ? { ...field.config.custom, ...dashes[(before - 1) % dashes.length] } : field.config.custom;
      return { ...field, config: { ...field.config, color: palette[index], ...(custom && { custom }) } };
    });
    return { ...frame, fields };
  });
}

function indexOf(name: string): number {
  return [...name].reduce((sum, character) => (31 * sum + character.codePointAt(0)!) % palette.length, 0);
}
