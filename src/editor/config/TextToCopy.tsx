import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ClipboardButton, Stack, Text, useStyles2 } from '@grafana/ui';
import { t } from '../../i18n';

/** A titled text with a button that copies it. */
export function TextToCopy({ title, text }: { title: string; text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <Stack justifyContent="space-between" alignItems="center">
        <Text element="h6">{title}</Text>
        <ClipboardButton variant="secondary" size="sm" icon="copy" type="button" getText={() => text}>
          {t('config.copy', 'Copy')}
        </ClipboardButton>
      </Stack>
      <pre className={styles.text} role="region" aria-label={title} tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({
    margin: theme.spacing(1, 0, 0),
    maxHeight: theme.spacing(60),
    overflow: 'auto',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
