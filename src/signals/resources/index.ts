import { type Signal } from '../types';
import { cpu } from './cpu';
import { host } from './host';
import { memory } from './memory';
import { node } from './node';
import { probes } from './probes';
import { scraping } from './scraping';

export const resources: Signal[] = [...cpu, ...memory, ...probes, ...host, ...node, ...scraping];
