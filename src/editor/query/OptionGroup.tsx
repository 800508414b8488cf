import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Collapse, useStyles2 } from '@grafana/ui';
import { type ReactNode, useState } from 'react';
import { t } from '../../i18n';

interface Props {
  /** What is set, shown while the group is closed, such as `Format: Table`. */
  summary: string[];
  children: ReactNode;
}

/** Options that most queries leave alone, in one line that opens. */
export function OptionGroup({ summary, children }: Props) {
  const styles = useStyles2(getStyles);
  const [isOpen, setOpen] = useState(false);
  const label = (
    <span className={styles.label}>
      {t('query.options.title', 'Options')}
      {!isOpen &&
        summary.map((text) => (
          <span key={text} className={styles.summary}>
            {text}
          </span>
        ))}
    </span>
  );
  return (
    <div className={styles.wide}>
      <Collapse className={styles.collapse} label={label} isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>
        <div className={styles.options}>{children}</div>
      </Collapse>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  wide: css({ flex: '1 1 100%', minWidth: 0 }),
  collapse: css({ margin: 0, border: 'none', background: 'none', '> div:first-child': { padding: 0 } }),
  label: css({ display: 'flex', flexWrap: 'wrap', columnGap: theme.spacing(2), ...theme.typography.bodySmall }),
  summary: css({ color: theme.colors.text.secondary }),
  options: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(2) }),
});
