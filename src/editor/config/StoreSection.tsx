import { ConfigSection } from '@grafana/plugin-ui';
import { Combobox, Divider, Field, Stack } from '@grafana/ui';
import { useId, useState } from 'react';
import { DEFAULTS, type PrometheusSettings } from '../../settings';
import { type SectionProps, TextField } from './fields';
import { TargetFacts } from './TargetFacts';
import { intervalProblem, parametersProblem, withoutSecrets } from './validate';
import { identityProblem, matchersProblem, parseIdentity, storeUrlProblem } from './validateStore';

/** The store, and which of its series are Falco's. */
export function StoreSection({ settings, onChange, disabled }: SectionProps) {
  const id = useId();
  const store = settings.prometheus ?? {};
  const set = (change: Partial<PrometheusSettings>) => onChange({ prometheus: { ...store, ...change } });
  // A secret is taken out while it is typed: saving keeps all that stands in the settings.
  const [refused, setRefused] = useState<string>();
  const setUrl = (typed = '') => {
    const url = withoutSecrets(typed);
    setRefused(url === typed ? undefined : storeUrlProblem(typed));
    set({ url: url === '' ? undefined : url });
  };
  const common = { disabled, width: 50 };
  return (
    <>
      <ConfigSection
        title="Store"
        description="What comes before /api/v1. For Mimir it ends with /prometheus, for a cluster of VictoriaMetrics with /select/<account>/prometheus."
      >
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label="Address"
            placeholder="http://prometheus:9090"
            value={store.url}
            problem={refused ?? storeUrlProblem(store.url)}
            onChange={setUrl}
            required
          />
          <Field label="HTTP method" disabled={disabled}>
            <Combobox
              id={id}
              options={[{ value: 'POST' as const }, { value: 'GET' as const }]}
              value={store.method ?? DEFAULTS.prometheus.method}
              onChange={({ value }) => set({ method: value })}
              width={20}
            />
          </Field>
        </Stack>
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label="Tenant"
            description="Sent as a header; no secret, as every viewer can read it"
            placeholder="none"
            value={store.tenant}
            onChange={(tenant) => set({ tenant })}
          />
          <TextField
            {...common}
            label="Header of the tenant"
            description="As the store or the gateway before it wants it"
            placeholder={DEFAULTS.prometheus.tenantHeader}
            value={store.tenantHeader}
            onChange={(tenantHeader) => set({ tenantHeader })}
          />
          <TextField
            {...common}
            label="Parameters"
            description="Sent with every request"
            placeholder="none, e.g. dedup=true"
            value={store.parameters}
            problem={parametersProblem(store.parameters ?? '')}
            onChange={(parameters) => set({ parameters })}
          />
        </Stack>
      </ConfigSection>
      <Divider />
      <ConfigSection
        title="Falco’s series"
        description="The health check says which jobs there are, and proposes what would be better here."
      >
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <TextField
            {...common}
            label="Matchers"
            description="Put on every selector, also of PromQL written by hand"
            placeholder={'none, e.g. job="falco"'}
            value={store.matchers}
            problem={matchersProblem(store.matchers ?? '')}
            onChange={(matchers) => set({ matchers })}
          />
          <IdentityField
            identity={store.identityLabels}
            onChange={(identity) => set({ identityLabels: identity })}
            disabled={disabled}
          />
          <TextField
            {...common}
            label="Scrape interval"
            description="Of the store’s scraper: windows of rates follow it"
            placeholder={DEFAULTS.scrapeInterval}
            value={settings.scrapeInterval}
            problem={settings.scrapeInterval ? intervalProblem(settings.scrapeInterval) : undefined}
            onChange={(scrapeInterval) => onChange({ scrapeInterval })}
          />
        </Stack>
        <TargetFacts target={store} onChange={set} disabled={disabled} />
      </ConfigSection>
    </>
  );
}

interface IdentityProps {
  identity: string[] | undefined;
  onChange: (identity: string[] | undefined) => void;
  disabled: boolean;
}

/** One label or two, as one text. */
function IdentityField({ identity, onChange, disabled }: IdentityProps) {
  const [draft, setDraft] = useState(identity?.join(', '));
  const current = parseIdentity(draft)?.join() === identity?.join() ? draft : identity?.join(', ');
  return (
    <TextField
      label="Identity"
      description="What tells Falcos apart: the node, before it the cluster"
      placeholder={DEFAULTS.prometheus.identityLabels.join(', ')}
      value={current}
      problem={identityProblem(current ?? '')}
      onChange={(typed) => {
        setDraft(typed);
        onChange(parseIdentity(typed));
      }}
      disabled={disabled}
      width={50}
    />
  );
}
