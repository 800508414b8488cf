import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, ClipboardButton, Stack, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { expressionsOf } from '../../expression';
import { type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';

interface Props {
  query: FalcoQuery;
  datasource: FalcoDataSource;
  onEdit: (expr: string) => void;
}

/** The PromQL that the chosen signals stand for, to read, to copy, and to go on from. */
export function PromqlPreview({ query, datasource, onEdit }: Props) {
  const styles = useStyles2(getStyles);
  const { expressions: compiled, problem } = attempt(query, datasource.settings);
  const expressions = useEvaluated(compiled, datasource);
  if (problem !== undefined) {
    return <Alert severity="warning" title={problem} />;
  }
  const text = expressions.join('\n\n');
  const single = expressions.length === 1 ? expressions[0] : undefined;
  if (text === '') {
    return null;
  }
  return (
    <Stack gap={1} alignItems="flex-start" justifyContent="space-between">
      <pre className={styles.code} aria-label="PromQL of this query" tabIndex={0}>
        {text}
      </pre>
      <Stack gap={1} direction="column">
        <ClipboardButton variant="secondary" size="sm" icon="copy" type="button" getText={() => text}>
          Copy
        </ClipboardButton>
        <Button
          variant="secondary"
          size="sm"
          icon="pen"
          type="button"
          disabled={!single}
          tooltip={single ? 'Go on with this expression by hand' : 'One signal at a time: choose only one to edit it'}
          onClick={() => single && onEdit(single)}
        >
          Edit as PromQL
        </Button>
      </Stack>
    </Stack>
  );
}

/** The expressions as a store gets them; as they were compiled until the backend has answered, or where it does not. */
function useEvaluated(compiled: string[], datasource: FalcoDataSource): string[] {
  const key = compiled.join('\n');
  const [found, setFound] = useState({ key, expressions: compiled });
  const stored = datasource.settings.mode === 'prometheus' && key !== '';
  useEffect(() => {
    if (!stored) {
      return undefined;
    }
    let wanted = true;
    Promise.all(key.split('\n').map((expr) => datasource.evaluated(expr))).then(
      (expressions) => wanted && setFound({ key, expressions }),
      () => undefined
    );
    return () => {
      wanted = false;
    };
  }, [key, datasource, stored]);
  return found.key === key ? found.expressions : compiled;
}

function attempt(query: FalcoQuery, settings: FalcoSettings) {
  try {
    return { expressions: expressionsOf(query, settings).map(({ expr }) => expr) };
  } catch (error) {
    return { expressions: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  code: css({
    flexGrow: 1,
    margin: 0,
    padding: theme.spacing(1),
    maxHeight: theme.spacing(20),
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
});
