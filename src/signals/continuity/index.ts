import { type Signal } from '../types';
import { baseline } from './baseline';
import { clocks } from './clock';
import { drift } from './drift';
import { lifecycle } from './lifecycle';
import { liveness } from './liveness';
import { sharedKernelSignals } from './shared-kernel';

export const continuity: Signal[] = [
  ...liveness,
  ...lifecycle,
  ...drift,
  ...baseline,
  ...sharedKernelSignals,
  ...clocks,
];
