import { type DataSourceSettings } from '@grafana/data';
import { ConfigSection } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Button, Combobox, Field, SecretInput, Stack, Switch, TagsInput } from '@grafana/ui';
import { useId, useState } from 'react';
import { t } from '../../i18n';
import { DEFAULTS, type FalcoSecrets, type FalcoSettings } from '../../settings';
import { catalogue } from '../../signals';
import { NumberField, TextField } from './fields';
import { OBJECTIVES, receiverManifests } from './receiverManifests';
import { TextToCopy } from './TextToCopy';
import { durationProblem } from './validate';

type Options = DataSourceSettings<FalcoSettings, FalcoSecrets>;

interface Props {
  options: Options;
  onOptionsChange: (options: Options) => void;
}

/** Falco's priorities, the most severe first. */
const PRIORITIES = Object.values(catalogue.rules.priorities);

/** The secure setting that holds the shared secret. */
const SECRET = 'receiverSecret';

/** The alert receiver: its settings, and what the senders need. */
export function ReceiverSection({ options, onOptionsChange }: Props) {
  const id = useId();
  const [shown, setShown] = useState<string>();
  const disabled = options.readOnly === true;
  const receiver = options.jsonData.receiver ?? {};
  const set = (change: typeof receiver) =>
    onOptionsChange({ ...options, jsonData: { ...options.jsonData, receiver: { ...receiver, ...change } } });
  const hasSecret = options.secureJsonFields?.[SECRET] === true;
  const secret = options.secureJsonData?.[SECRET] ?? '';
  const needsSecret = receiver.enabled === true && !hasSecret && secret === '';
  const manifests = receiverManifests(
    `${config.appUrl || 'https://grafana.example/'}api/datasources/uid/${options.uid}/resources/alerts`
  );
  const manifest = manifests.find(({ title }) => title === shown);
  return (
    <ConfigSection
      title={t('config.receiver.title', 'Alert receiver')}
      description={t(
        'config.receiver.description',
        'Makes this data source one more destination of Falco’s alerts, to measure how long they take and how many are lost. Alerts are counted and dropped. Their text is not stored. See docs/delivery.md.'
      )}
      isCollapsible
      isInitiallyOpen={receiver.enabled === true}
    >
      <Stack direction="column" gap={2}>
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <Field
            label={t('config.receiver.enabled', 'Accept alerts')}
            description={t('config.receiver.enabled-help', 'Requires a shared secret.')}
            disabled={disabled}
          >
            <Switch
              id={`${id}-enabled`}
              value={receiver.enabled === true}
              onChange={(event) => set({ enabled: event.currentTarget.checked || undefined })}
            />
          </Field>
          <Field
            label={t('config.receiver.secret', 'Shared secret')}
            description={t('config.receiver.secret-help', 'Every sender needs it. Alerts without it are refused.')}
            invalid={needsSecret}
            error={t(
              'config.receiver.secret-missing',
              'Enter a Shared secret. Without one, the data source cannot be used while it accepts alerts.'
            )}
            disabled={disabled}
          >
            <SecretInput
              id={`${id}-secret`}
              width={40}
              autoComplete="new-password"
              isConfigured={hasSecret}
              value={secret}
              onChange={(event) =>
                onOptionsChange({
                  ...options,
                  secureJsonData: { ...options.secureJsonData, [SECRET]: event.currentTarget.value },
                })
              }
              onReset={() => {
                // Grafana keeps its Reset button enabled in a read-only data source.
                if (!disabled) {
                  onOptionsChange({
                    ...options,
                    secureJsonFields: { ...options.secureJsonFields, [SECRET]: false },
                    secureJsonData: { ...options.secureJsonData, [SECRET]: '' },
                  });
                }
              }}
            />
          </Field>
          <Field
            label={t('config.receiver.objective', 'Objective')}
            description={t('config.receiver.objective-help', 'Time within which an alert should arrive')}
            disabled={disabled}
          >
            <Combobox
              id={`${id}-objective`}
              options={OBJECTIVES.map((value) => ({ value, label: value }))}
              value={receiver.objective || DEFAULTS.receiver.objective}
              onChange={({ value }) => set({ objective: value })}
              width={20}
            />
          </Field>
          <NumberField
            label={t('config.receiver.rate-limit', 'Rate limit')}
            description={t('config.receiver.rate-limit-help', 'Alerts accepted per second')}
            placeholder={String(DEFAULTS.receiver.rateLimit)}
            min={1}
            value={receiver.rateLimit}
            onChange={(rateLimit) => set({ rateLimit })}
            disabled={disabled}
            width={30}
          />
          <NumberField
            label={t('config.receiver.series-limit', 'Series limit')}
            description={t(
              'config.receiver.series-limit-help',
              'Combinations of node, path, priority, source and rule'
            )}
            placeholder={String(DEFAULTS.receiver.seriesLimit)}
            min={1}
            step={1}
            value={receiver.seriesLimit}
            onChange={(seriesLimit) => set({ seriesLimit })}
            disabled={disabled}
            width={30}
          />
        </Stack>
        <Stack gap={2} wrap="wrap" alignItems="flex-start">
          <Field
            label={t('config.receiver.priority', 'Minimum priority')}
            description={t(
              'config.receiver.priority-help',
              'Lowest priority that the senders send here. Alerts below it are not expected.'
            )}
            disabled={disabled}
          >
            <Combobox
              id={`${id}-priority`}
              options={PRIORITIES.map((value) => ({ value, label: value }))}
              value={receiver.minimumPriority?.toLowerCase() ?? null}
              placeholder={DEFAULTS.receiver.minimumPriority}
              isClearable
              onChange={(option) => set({ minimumPriority: option?.value })}
              width={20}
            />
          </Field>
          <Field
            label={t('config.receiver.rules', 'Rules')}
            description={t('config.receiver.rules-help', 'Only these rules are sent here. Empty: all rules')}
            disabled={disabled}
          >
            <TagsInput
              id={`${id}-rules`}
              tags={receiver.rules ?? []}
              placeholder={t('config.receiver.new-rule', 'New rule (enter key to add)')}
              onChange={(rules) => set({ rules: rules.length > 0 ? rules : undefined })}
              disabled={disabled}
              width={40}
            />
          </Field>
          <TextField
            label={t('config.receiver.canary', 'Canary rule')}
            description={t('config.receiver.canary-help', 'Rule that a job triggers on every node')}
            value={receiver.canary?.rule}
            onChange={(rule) => set({ canary: { ...receiver.canary, rule } })}
            disabled={disabled}
            width={40}
          />
          <TextField
            label={t('config.receiver.canary-period', 'Canary period')}
            description={t('config.receiver.canary-period-help', 'How often the job triggers it')}
            placeholder={DEFAULTS.receiver.canary.period}
            value={receiver.canary?.period}
            problem={receiver.canary?.period ? durationProblem(receiver.canary.period) : undefined}
            onChange={(period) => set({ canary: { ...receiver.canary, period } })}
            disabled={disabled}
            width={20}
          />
        </Stack>
        <Stack gap={1} wrap="wrap">
          {manifests.map(({ title, about }) => (
            <Button key={title} variant="secondary" type="button" tooltip={about} onClick={() => setShown(title)}>
              {title}
            </Button>
          ))}
        </Stack>
        {manifest !== undefined && <TextToCopy title={manifest.title} text={manifest.text} />}
      </Stack>
    </ConfigSection>
  );
}
