/**
 * The shipped alert rules. They use the thresholds of the catalogue where it has some. Every rule
 * evaluates an instant query with a window of its own, has one state per node, and defines how to
 * handle missing data: docs/alerting.md explains the choices.
 *
 * There is no rule for host CPU, file descriptor lookup failures, drop imbalance across CPUs,
 * cached lookups or silent rules, because healthy nodes have all of these.
 */
import { continuity } from './continuity';
import { dataQuality } from './data-quality';
import { delivery } from './delivery';
import { received } from './received';
import { resources } from './resources';
import { type AlertRule } from './rule';

export const rules: AlertRule[] = [...dataQuality, ...continuity, ...resources, ...delivery, ...received];
