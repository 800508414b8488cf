/** Removes the commas and braces that templates leave behind without filters. */
export function tidy(expr: string): string {
  return expr.replaceAll(',}', '}').replaceAll('{}', '');
}
