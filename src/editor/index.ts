/** The editors that the plugin registers. Each one is in its own folder and chunk; the files in this folder load at once. */
import { lazyEditor } from './lazyEditor';

export const ConfigEditor = lazyEditor(async () => (await import('./config/ConfigEditor')).ConfigEditor);
export const QueryEditor = lazyEditor(async () => (await import('./query/QueryEditor')).QueryEditor);
export { annotations } from './annotations';
export { FalcoVariableSupport } from './FalcoVariableSupport';
