/** What the plugin registers. Each editor is in a folder and a chunk of its own; the files beside this one are loaded at once. */
import { onDemand } from './onDemand';

export const ConfigEditor = onDemand(async () => (await import('./config/ConfigEditor')).ConfigEditor);
export const QueryEditor = onDemand(async () => (await import('./query/QueryEditor')).QueryEditor);
export { annotations } from './annotations';
export { FalcoVariableSupport } from './FalcoVariableSupport';
