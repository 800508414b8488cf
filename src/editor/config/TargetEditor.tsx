import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Combobox, type ComboboxOption, Field, Stack, Switch, useStyles2 } from '@grafana/ui';
import { type ClipboardEvent, useId, useState } from 'react';
import { t, verbatim } from '../../i18n';
import { type TargetSettings } from '../../settings';
import { catalogue } from '../../signals';
import { CapacityFields } from './CapacityFields';
import { TextField } from './fields';
import { LabelsField } from './LabelsField';
import { urlProblem, withoutSecrets } from './validate';

type Kind = NonNullable<TargetSettings['kind']>;
type Discovery = NonNullable<TargetSettings['discovery']>;

const ENDPOINTS = catalogue.reading.scraping.endpoints;
const KINDS: Array<ComboboxOption<Kind>> = ENDPOINTS.map(({ kind, title }) => ({ value: kind, label: title }));

const listDiscoveries = (): Array<ComboboxOption<Discovery>> => [
  {
    value: 'static',
    label: t('config.targets.static', 'Static'),
    description: t('config.targets.static-help', 'One instance at this address'),
  },
  {
    value: 'dns',
    label: verbatim('DNS'),
    description: t('config.targets.dns-help', 'Every A and AAAA record of the name, for example of a headless Service'),
  },
  {
    value: 'srv',
    label: verbatim('DNS SRV'),
    description: t('config.targets.srv-help', 'Every host and port of the SRV record'),
  },
  {
    value: 'http',
    label: verbatim('HTTP'),
    description: t('config.targets.http-help', 'Prometheus HTTP service discovery'),
  },
];

interface Props {
  /** Position in the list, starting at 1. */
  number: number;
  target: TargetSettings;
  onChange: (target: TargetSettings) => void;
  /** Called when several addresses are pasted. They replace the address of this target and follow it. */
  onPasteAddresses: (urls: string[]) => void;
  onRemove: () => void;
  disabled: boolean;
}

/** One target. */
export function TargetEditor({ number, target, onChange, onPasteAddresses, onRemove, disabled }: Props) {
  const styles = useStyles2(getStyles);
  const id = useId();
  const kind = target.kind ?? 'falco';
  const isDiscovered = (target.discovery ?? 'static') !== 'static';
  const set = (change: Partial<TargetSettings>) => onChange({ ...target, ...change });
  // Secrets are removed while typing, because everything in the settings is saved.
  const [refused, setRefused] = useState<string>();
  // A new target is not invalid before the user has typed something.
  const [isTyped, setTyped] = useState(target.url !== '');
  const paste = (event: ClipboardEvent) => {
    // An input removes line breaks, so a list has to be split before it is pasted.
    const urls = event.clipboardData
      .getData('text')
      .split(/[\s,;]+/)
      .filter((url) => url !== '');
    if (urls.length > 1) {
      event.preventDefault();
      setTyped(true);
      onPasteAddresses(urls.map(withoutSecrets));
    }
  };
  const setUrl = (typed = '') => {
    setTyped(true);
    const url = withoutSecrets(typed);
    setRefused(url === typed ? undefined : urlProblem({ ...target, url: typed }));
    set({ url });
  };
  return (
    <div
      role="group"
      aria-label={t('config.targets.target', 'Target {{number}}', { number })}
      className={styles.target}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label={t('config.targets.address', 'Address')}
          placeholder={verbatim(`node-1:${ENDPOINTS.find((endpoint) => endpoint.kind === kind)?.port}`)}
          value={target.url}
          problem={refused ?? (isTyped ? urlProblem(target) : undefined)}
          onChange={setUrl}
          onPaste={paste}
          autoFocus={!isTyped && !disabled}
          required
          disabled={disabled}
          width={50}
        />
        <Field label={t('config.targets.kind', 'Kind')} disabled={disabled}>
          <Combobox
            id={`${id}-kind`}
            options={KINDS}
            value={kind}
            onChange={({ value }) => set({ kind: value })}
            width={20}
          />
        </Field>
        <Field label={t('config.targets.discovery', 'Discovery')} disabled={disabled}>
          <Combobox
            id={`${id}-discovery`}
            options={listDiscoveries()}
            value={target.discovery ?? 'static'}
            onChange={({ value }) => set({ discovery: value })}
            width={20}
          />
        </Field>
        {(isDiscovered || target.allowLoopback) && (
          <Field
            label={t('config.targets.loopback', 'Allow loopback')}
            description={t('config.targets.loopback-help', 'Discovery may list loopback and link-local addresses.')}
            disabled={disabled}
          >
            <Switch
              id={`${id}-loopback`}
              value={target.allowLoopback === true}
              onChange={(event) => set({ allowLoopback: event.currentTarget.checked || undefined })}
            />
          </Field>
        )}
        <div className={styles.remove}>
          <Button
            variant="secondary"
            fill="text"
            icon="trash-alt"
            type="button"
            aria-label={t('config.targets.remove', 'Remove target {{number}}', { number })}
            tooltip={t('config.targets.remove-help', 'Remove this target. Its samples are deleted after 10 minutes.')}
            onClick={onRemove}
            disabled={disabled}
          />
        </div>
      </Stack>
      <LabelsField labels={target.labels} onChange={(labels) => set({ labels })} disabled={disabled} />
      {kind === 'falco' && <CapacityFields capacity={target} onChange={set} disabled={disabled} />}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  target: css({
    padding: theme.spacing(2),
    marginBottom: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  // Aligns the button with the inputs, which have labels above them.
  remove: css({ marginTop: theme.spacing(2.5) }),
});
