/**
 * The shipped alert rules. Their bounds are those of the catalogue where it has some. Every rule asks for its
 * figures now, over a window of its own, keeps one state a node, and says what to do where figures are missing:
 * docs/alerting.md explains the choices.
 *
 * There is none on the host's CPU, failed look-ups of files, the skew of CPUs, the cached share or silent rules:
 * healthy nodes have all of that.
 */
import { continuity } from './continuity';
import { dataQuality } from './data-quality';
import { delivery } from './delivery';
import { resources } from './resources';
import { type AlertRule } from './rule';

export const rules: AlertRule[] = [...dataQuality, ...continuity, ...resources, ...delivery];
