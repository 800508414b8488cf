import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { t } from '../../i18n';
import { DEFAULTS } from '../../settings';
import { type SectionProps, TextField } from './fields';
import { intervalProblem, timeoutProblem } from './validate';

/** The scrape interval and timeout. */
export function ScrapeSection({ settings, onChange, disabled }: SectionProps) {
  const interval = settings.scrapeInterval || DEFAULTS.scrapeInterval;
  return (
    <ConfigSection
      title={t('config.scrape.title', 'Scraping')}
      description={t(
        'config.scrape.description',
        'Every target is scraped once per interval, no matter how many panels and alert rules use it.'
      )}
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label={t('config.scrape.interval', 'Scrape interval')}
          description={t('config.scrape.interval-help', 'Also the smallest step of a panel')}
          placeholder={DEFAULTS.scrapeInterval}
          value={settings.scrapeInterval}
          problem={intervalProblem(interval)}
          onChange={(scrapeInterval) => onChange({ scrapeInterval })}
          disabled={disabled}
          width={30}
        />
        <TextField
          label={t('config.scrape.timeout', 'Scrape timeout')}
          description={t('config.scrape.timeout-help', 'Covers connecting and reading the whole response')}
          placeholder={timeoutProblem(DEFAULTS.scrapeTimeout, interval) ? interval : DEFAULTS.scrapeTimeout}
          value={settings.scrapeTimeout}
          problem={settings.scrapeTimeout ? timeoutProblem(settings.scrapeTimeout, interval) : undefined}
          onChange={(scrapeTimeout) => onChange({ scrapeTimeout })}
          disabled={disabled}
          width={30}
        />
      </Stack>
    </ConfigSection>
  );
}
