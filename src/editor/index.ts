import { onDemand } from './onDemand';

export const ConfigEditor = onDemand(async () => (await import('./config/ConfigEditor')).ConfigEditor);
export const QueryEditor = onDemand(async () => (await import('./query/QueryEditor')).QueryEditor);
export { annotations } from './annotation/annotations';
export { FalcoVariableSupport } from './variable/FalcoVariableSupport';
