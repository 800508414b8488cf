import { type Signal } from '../types';
import { iterators } from './iterators';
import { kernel } from './kernel';
import { load } from './load';
import { perCpu } from './per-cpu';
import { stall } from './stall';
import { state } from './state';

export const dataQuality: Signal[] = [...kernel, ...perCpu, ...load, ...stall, ...state, ...iterators];
