import { type Signal } from '../types';
import { canary } from './canary';
import { falcoSide } from './falco';
import { loss } from './loss';
import { receiver } from './receiver';
import { sidekick } from './sidekick';

export const delivery: Signal[] = [...falcoSide, ...sidekick, ...canary, ...receiver, ...loss];
