import { type Store } from './types';

export const store: Omit<Store, 'foreign'> = {
  shows: [
    // Always on, whatever falco.yaml says.
    { kind: 'falco', metrics: ['falcosecurity_falco_version_info'] },
    // Falcosidekick has it from the first event on; the second name is that of 2.29 and before.
    { kind: 'falcosidekick', metrics: ['falcosecurity_falcosidekick_inputs_total', 'falcosidekick_inputs'] },
  ],
};
