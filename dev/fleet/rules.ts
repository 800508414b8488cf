import { hex } from './random';

/** A rule of the simulated rules files. */
export interface Rule {
  name: string;
  /** Falco's digit: 0 emergency … 7 debug. */
  priority: number;
  source: string;
  tags: string[];
  /** Matches per hour on a node of average noise. */
  perHour: number;
  /** Seconds between two matches of a rule that a job triggers, instead of `perHour`. */
  everySeconds?: number;
  /** True if it matches processes in containers. */
  container: boolean;
}

/** Falco's words for its priority digits. */
export const PRIORITIES = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'informational',
  'debug',
] as const;

function rule(name: string, priority: number, perHour: number, tags: string): Rule {
  const list = tags.split(' ');
  return { name, priority, source: 'syscall', tags: list, perHour, container: !list.includes('host') };
}

/** In load order, which the response follows. */
export const RULES: Rule[] = [
  rule(
    'Read sensitive file untrusted',
    4,
    40,
    'maturity_stable host container filesystem mitre_credential_access T1555'
  ),
  rule('Run shell untrusted', 5, 6, 'maturity_stable host container process shell mitre_execution T1059.004'),
  rule('Terminal shell in container', 5, 90, 'maturity_stable container shell mitre_execution T1059'),
  rule('Contact K8S API Server From Container', 5, 240, 'maturity_stable container network k8s mitre_discovery T1565'),
  rule('Netcat Remote Code Execution in Container', 4, 0.5, 'maturity_stable container network mitre_execution T1059'),
  rule(
    'Search Private Keys or Passwords',
    4,
    3,
    'maturity_stable host container filesystem mitre_credential_access T1552.001'
  ),
  rule(
    'Clear Log Activities',
    4,
    12,
    'maturity_stable host container filesystem mitre_defense_evasion T1070 NIST_800-53_AU-10'
  ),
  rule(
    'Packet socket created in container',
    5,
    20,
    'maturity_stable container network mitre_credential_access T1557.002'
  ),
  rule(
    'Redirect STDOUT/STDIN to Network Connection in Container',
    5,
    1,
    'maturity_stable container network mitre_execution T1059'
  ),
  rule('Execution from /dev/shm', 4, 0.2, 'maturity_stable host container mitre_execution T1059.004'),
  rule(
    'Drop and execute new binary in container',
    2,
    2,
    'maturity_stable container process mitre_persistence TA0003 PCI_DSS_11.5.1'
  ),
  rule(
    'Fileless execution via memfd_create',
    2,
    0.05,
    'maturity_stable host container process mitre_defense_evasion T1620'
  ),
];

/** A rule whose name Falco prints unescaped: a strict parser rejects the line. */
export const QUOTED_RULE = rule('Write below "etc" by hand', 3, 30, 'local host container filesystem');

/** What a node with a different rules file matches in addition. */
export const LOCAL_RULE = rule('Payment service spawned a shell', 1, 1.5, 'local container process');

/** A rule that a job triggers about once a second, so that tests need not wait for it. */
export const CANARY = rule('Falco canary', 6, 3600, 'local host process canary');

/** The same, triggered once a minute: receiver.canary.period of the demo. */
export const CANARY_OF_DEMO: Rule = { ...CANARY, everySeconds: 60 };

/** Falco's messages about itself, as Falcosidekick counts them. */
function message(name: string, priority: number): Rule {
  return { name: `Falco internal: ${name}`, priority, source: 'internal', tags: [], perHour: 120, container: false };
}

export const SNAPSHOT_MESSAGE = message('metrics snapshot', 6);
export const DROP_MESSAGE = message('syscall event drop', 7);
export const TIMEOUT_MESSAGE = message('timeouts notification', 7);
export const RELOAD_MESSAGE = message('hot restart failure', 2);

/** The pod on a node in which the rules for containers match. */
export function podOf(node: string): { namespace: string; name: string } {
  return { namespace: 'shop', name: `checkout-7f9c6d5b48-${hex(node, 5)}` };
}
