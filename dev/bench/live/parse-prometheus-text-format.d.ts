/** The function of the package that is measured. The package has no types. */
declare module 'parse-prometheus-text-format' {
  export default function parse(text: string): Array<{ name: string; metrics: unknown[] }>;
}
