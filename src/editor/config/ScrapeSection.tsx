import { ConfigSection } from '@grafana/plugin-ui';
import { Stack } from '@grafana/ui';
import { DEFAULTS } from '../../settings';
import { type SectionProps, TextField } from './fields';
import { intervalProblem, timeoutProblem } from './validate';

/** How often targets are asked, and how long they may take. */
export function ScrapeSection({ settings, onChange, disabled }: SectionProps) {
  const interval = settings.scrapeInterval || DEFAULTS.scrapeInterval;
  return (
    <ConfigSection
      title="Scraping"
      description="Each target is asked once per interval, however many panels look at it."
    >
      <Stack gap={2} wrap="wrap" alignItems="flex-start">
        <TextField
          label="Scrape interval"
          description="Also the shortest step of a panel"
          placeholder={DEFAULTS.scrapeInterval}
          value={settings.scrapeInterval}
          problem={intervalProblem(interval)}
          onChange={(scrapeInterval) => onChange({ scrapeInterval })}
          disabled={disabled}
          width={30}
        />
        <TextField
          label="Scrape time-out"
          description="For connecting and for the whole answer"
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
