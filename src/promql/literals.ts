/** Parses and prints PromQL's numbers, durations and strings. */
const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
const duration = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;

/** The value of a number or duration (in seconds); undefined when the text is neither. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const word = text.replace(/^[-+]/, '').toLowerCase();
  if (word === 'inf' || word === 'nan') {
    return word === 'inf' ? sign * Infinity : NaN;
  }
  if (/^0x[0-9a-f_]+$/.test(word)) {
    return sign * Number(word.replaceAll('_', ''));
  }
  // A leading zero means octal if all digits are octal.
  if (/^0_?[0-7_]+$/.test(word)) {
    return sign * parseInt(word.replaceAll('_', ''), 8);
  }
  if (/^(\d[\d_]*)?\.?[\d_]*(e[-+]?\d[\d_]*)?$/.test(word) && /\d/.test(word)) {
    return sign * Number(word.replaceAll('_', ''));
  }
  const seconds = parseDuration(word);
  return seconds === undefined ? undefined : sign * seconds;
}

/** A duration such as `1h30m` in seconds; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '' || !duration.test(text)) {
    return undefined;
  }
  const milliseconds = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * Math.round((units[unit!] ?? 0) * 1000),
    0
  );
  return milliseconds / 1000;
}

const simple: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34 };

/** JavaScript strings cannot hold arbitrary bytes. */
export const notUtf8 = 'the string is not valid UTF-8';

/** The value of a quoted string, or the reason why it is invalid. */
export function unquote(text: string): { value: string } | { error: string } {
  const quote = text[0];
  if (text.length < 2 || !text.endsWith(quote!) || (quote !== '`' && /(^|[^\\])(\\\\)*\\$/.test(text.slice(0, -1)))) {
    return { error: 'unterminated quoted string' };
  }
  const inner = text.slice(1, -1);
  if (quote === '`') {
    return { value: inner };
  }
  if (inner.includes('\n')) {
    return { error: 'unterminated quoted string' };
  }
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const escapes = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([^]))|[^\\]+|\\/g;
  for (const [whole, hex, short, long, octal, letter] of inner.matchAll(escapes)) {
    if (hex !== undefined || octal !== undefined) {
      bytes.push(hex === undefined ? parseInt(octal!, 8) : parseInt(hex, 16));
    } else if (short !== undefined || long !== undefined) {
      bytes.push(...encoder.encode(String.fromCodePoint(parseInt(short ?? long!, 16))));
    } else if (letter !== undefined || whole === '\\') {
      const code = simple[letter ?? ''];
      if (code === undefined || ((letter === '"' || letter === "'") && letter !== quote)) {
        return { error: `unknown escape sequence "\\${letter ?? ''}"` };
      }
      bytes.push(code);
    } else {
      bytes.push(...encoder.encode(whole));
    }
  }
  try {
    return { value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes)) };
  } catch {
    return { error: notUtf8 };
  }
}

/** Formats a number as Go does without an exponent: `0.00001`, `+Inf`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  }
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(Object.is(value, -0) ? '-0' : String(value)) ?? [];
  const shift = Number(power);
  if (shift === 0) {
    return sign + whole + (fraction && `.${fraction}`);
  }
  const digits = whole + fraction;
  const point = whole.length + shift;
  return point <= 0
    ? `${sign}0.${'0'.repeat(-point)}${digits}`
    : sign + digits.padEnd(point, '0').slice(0, point) + (point < digits.length ? `.${digits.slice(point)}` : '');
}
