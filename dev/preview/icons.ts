/** Copies icons to the paths that the Icon component of @grafana/ui requests. */
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const grafana = join(dirname(require.resolve('@grafana/ui/package.json')), 'dist/public/img/icons');
const svg = join(dirname(require.resolve('@iconscout/unicons/package.json')), 'svg');
const unicons = join(svg, 'line');

/** Substitutes for icons that neither package has. */
const substitutes: Record<string, string> = {
  'add-user': 'user-plus',
  attach: 'link',
  'browser-alt': 'browser',
  drilldown: 'search-plus',
  'legend-hide': 'eye-slash',
  'legend-show': 'eye',
  'multi-step': 'list-ol',
  'table-collapse-all': 'angle-double-up',
  'table-expand-all': 'angle-double-down',
  unarchive: 'archive',
};

/** Copies the icons of @grafana/ui, and the missing ones from Unicons, the set that Grafana uses. */
export async function copyIcons(folder: string): Promise<void> {
  const target = join(folder, 'unicons');
  await cp(grafana, folder, { recursive: true });
  await cp(unicons, target, { recursive: true, force: false });
  for (const [name, other] of Object.entries(substitutes)) {
    await cp(join(unicons, `${other}.svg`), join(target, `${name}.svg`));
  }
  // Shown beside the title of a streaming panel.
  await cp(join(svg, 'monochrome/circle.svg'), join(folder, 'mono/circle-mono.svg'));
}
