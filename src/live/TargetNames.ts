import { type QueryResultMetaNotice } from '@grafana/data';
import { type Target, type Trouble } from './BackendClient';

/** Maximum number of names in a sentence. */
const maxNames = 5;

/** Names targets in notices. The backend's notices use the same wording. */
export class TargetNames {
  private readonly hasClusters: boolean;
  private readonly noun: string;

  constructor(private readonly all: readonly Target[]) {
    this.hasClusters = new Set(all.map(({ labels }) => labels['cluster'] ?? '')).size > 1;
    this.noun = all.every(({ kind }) => kind === 'falco') ? 'nodes' : 'targets';
  }

  nameOf({ kind, labels: { node = '', cluster = '' } }: Target): string {
    const name = kind === 'node-exporter' ? `${node} (node_exporter)` : node; // the Falco of the node has the same name
    return this.hasClusters && cluster !== '' ? `${cluster}/${name}` : name;
  }

  /** The given names as a share of all targets: `node-1`, `both nodes`, `all 3 nodes`, `2 of 3 nodes: node-1, node-2`. */
  share(names: readonly string[]): string {
    const total = this.all.length;
    if (total <= 1) {
      return list(names);
    }
    if (names.length === total) {
      return total === 2 ? `both ${this.noun}` : `all ${total} ${this.noun}`;
    }
    return `${names.length} of ${total} ${this.noun}: ${list(names)}`;
  }

  /** The first names, in any language. */
  listFirst(names: readonly string[]): string {
    return [...names.slice(0, maxNames), ...(names.length > maxNames ? ['…'] : [])].join(', ');
  }

  /** One notice for all targets with the same trouble, most severe first. */
  notices(troubles: ReadonlyArray<{ target: Target; trouble: Trouble }>): QueryResultMetaNotice[] {
    const groups = new Map<string, { trouble: Trouble; names: string[] }>();
    for (const { target, trouble } of troubles) {
      const key = JSON.stringify(trouble);
      const group = groups.get(key) ?? { trouble, names: [] };
      group.names.push(this.nameOf(target));
      groups.set(key, group);
    }
    const order = ['error', 'warning', 'info'];
    return [...groups.values()]
      .map(({ trouble: { severity, what, change }, names }) => ({
        severity,
        text: `${what} ${this.share(names)}. ${change}`.trim(),
      }))
      .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  }
}

function list(names: readonly string[]): string {
  return names.length <= maxNames
    ? names.join(', ')
    : `${names.slice(0, maxNames).join(', ')} and ${names.length - maxNames} more`;
}
