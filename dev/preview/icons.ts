/** Icons under the addresses that @grafana/ui's Icon asks for. */
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const grafana = join(dirname(require.resolve('@grafana/ui/package.json')), 'dist/public/img/icons');
const svg = join(dirname(require.resolve('@iconscout/unicons/package.json')), 'svg');
const unicons = join(svg, 'line');

/** What stands in where neither package has an icon of the name. */
const alike: Record<string, string> = {
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

/** Copies @grafana/ui's icons, and from the set they are taken from those that the package leaves out. */
export async function copyIcons(folder: string): Promise<void> {
  const target = join(folder, 'unicons');
  await cp(grafana, folder, { recursive: true });
  await cp(unicons, target, { recursive: true, force: false });
  for (const [name, other] of Object.entries(alike)) {
    await cp(join(unicons, `${other}.svg`), join(target, `${name}.svg`));
  }
  // Beside the title of a panel that streams.
  await cp(join(svg, 'monochrome/circle.svg'), join(folder, 'mono/circle-mono.svg'));
}
