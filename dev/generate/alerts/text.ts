/** PromQL as people write it: templates leave commas and braces behind where nothing was filtered. */
export function tidy(expr: string): string {
  return expr.replaceAll(',}', '}').replaceAll('{}', '');
}
