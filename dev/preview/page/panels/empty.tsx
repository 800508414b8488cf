import { css, cx } from '@emotion/css';
import { LoadingState, type GrafanaTheme2, type PanelData, type PanelProps } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { collectNotices } from '../scene/notices';

/** Whether no frame has a row. */
export function isEmpty(data: PanelData): boolean {
  return data.series.every((frame) => frame.length === 0 || frame.fields.length === 0);
}

type Props = Pick<PanelProps, 'data' | 'fieldConfig' | 'height'>;

/** Below this height, in pixels, a panel shows only the start of one notice. Its icon shows all of them. */
const LOW = 140;

/** Shows that there is no data, and the notices of the data source that explain it. */
export function EmptyPanel({ data, fieldConfig, height }: Props) {
  const styles = useStyles2(getStyles);
  if (data.state === LoadingState.Loading || data.state === LoadingState.NotStarted) {
    return null;
  }
  const errors = (data.errors ?? []).flatMap(({ message }) => message ?? []);
  const reasons = [...errors, ...collectNotices(data).map(({ text }) => text)];
  return (
    <div className={styles.box} data-testid="empty-panel">
      <div className={styles.headline}>{fieldConfig.defaults.noValue ?? 'No data'}</div>
      {reasons.slice(0, height < LOW ? 1 : undefined).map((reason) => (
        <div key={reason} className={cx(styles.reason, height < LOW && styles.cut)}>
          {reason}
        </div>
      ))}
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    box: css({
      height: '100%',
      overflow: 'auto',
      display: 'flex',
      flexDirection: 'column',
      alignItems: 'center',
      justifyContent: 'safe center',
      textAlign: 'center',
      gap: theme.spacing(0.5),
    }),
    headline: css({ fontSize: theme.typography.h4.fontSize, color: theme.colors.text.secondary }),
    cut: css({ display: '-webkit-box', WebkitBoxOrient: 'vertical', WebkitLineClamp: 3, overflow: 'hidden' }),
    reason: css({
      maxWidth: '60ch',
      fontSize: theme.typography.bodySmall.fontSize,
      color: theme.colors.text.secondary,
    }),
  };
}
