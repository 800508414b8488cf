const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;
const SIZE = /^(\d+(?:\.\d+)?)([KMGTPE]?)(?:i?B)$/;

/** Parses a size in Prometheus's notation, such as `512MB`, to bytes (powers of 1024). Returns undefined for invalid text. */
export function parseSize(text: string): number | undefined {
  const [, amount, prefix = ''] = SIZE.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * 1024 ** UNITS.indexOf(`${prefix}B` as 'B');
}
