import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Collapse, useStyles2 } from '@grafana/ui';
import { type ReactNode, useState } from 'react';

interface Props {
  title: string;
  /** What is set, shown while the group is closed, such as `Format: Table`. */
  summary?: string[];
  children: ReactNode;
}

/** What most queries leave alone, in one line that opens. */
export function LineGroup({ title, summary = [], children }: Props) {
  const styles = useStyles2(getStyles);
  const [isOpen, setOpen] = useState(false);
  const label = (
    <span className={styles.label}>
      {title}
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
        {children}
      </Collapse>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  wide: css({ flex: '1 1 100%', minWidth: 0 }),
  collapse: css({ margin: 0, border: 'none', background: 'none', '> div:first-child': { padding: 0 } }),
  label: css({ display: 'flex', flexWrap: 'wrap', columnGap: theme.spacing(2), ...theme.typography.bodySmall }),
  summary: css({ color: theme.colors.text.secondary }),
});
