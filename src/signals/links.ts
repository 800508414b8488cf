/** The pages that figures, thresholds and advice rest on. */
export const links = {
  metrics: 'https://falco.org/docs/concepts/metrics/',
  dropping: 'https://falco.org/docs/troubleshooting/dropping/',
  performance: 'https://falco.org/docs/troubleshooting/performance/',
  rules: 'https://falco.org/docs/concepts/rules/',
  outputs: 'https://falco.org/docs/concepts/outputs/',
  sidekick: 'https://github.com/falcosecurity/falcosidekick',
  attack: 'https://attack.mitre.org/tactics/enterprise/',
  config: 'https://github.com/falcosecurity/falco/blob/master/falco.yaml',
  workbook: 'https://sre.google/workbook/alerting-on-slos/',
} as const;
