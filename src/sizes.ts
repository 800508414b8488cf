const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;
const SIZE = /^(\d+(?:\.\d+)?)([KMGTPE]?)(?:i?B)$/;

/** Bytes of a size in Prometheus's spelling, such as `512MB`: powers of 1024. Returns nothing where the text is not a size. */
export function parseSize(text: string): number | undefined {
  const [, amount, prefix = ''] = SIZE.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * 1024 ** UNITS.indexOf(`${prefix}B` as 'B');
}
