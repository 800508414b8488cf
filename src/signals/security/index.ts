import { type Signal } from '../types';
import { containerData } from './containers';
import { matches } from './matches';
import { watch } from './watch';

export const security: Signal[] = [...matches, ...watch, ...containerData];
