/** The part of the package that is measured; it has no types of its own. */
declare module 'parse-prometheus-text-format' {
  export default function parse(text: string): Array<{ name: string; metrics: unknown[] }>;
}
