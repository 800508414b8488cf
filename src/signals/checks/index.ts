import { type Check } from '../types';
import { continuity } from './continuity';
import { dataQuality } from './data-quality';
import { delivery } from './delivery';
import { resources } from './resources';
import { security } from './security';

export const checks: Check[] = [...dataQuality, ...continuity, ...resources, ...delivery, ...security];
