import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, ClipboardButton, FieldValidationMessage, Stack, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { t } from '../../i18n';
import { type FalcoQuery } from '../../query';
import { useLoader } from '../useLoader';
import { tryCompile } from './tryCompile';

interface Props {
  query: FalcoQuery;
  datasource: FalcoDataSource;
  onEdit: (expr: string) => void;
}

/** The PromQL of the selected signals, to read, copy or edit. */
export function PromqlPreview({ query, datasource, onEdit }: Props) {
  const styles = useStyles2(getStyles);
  const { expressions: compiled, problem } = tryCompile(query, datasource.settings);
  const { expressions, failure } = useRewritten(compiled, datasource);
  if (problem !== undefined) {
    return <Alert severity="warning" title={problem} />;
  }
  const text = expressions.join('\n\n');
  const single = expressions.length === 1 ? expressions[0] : undefined;
  if (text === '') {
    return null;
  }
  return (
    <>
      <Stack gap={1} alignItems="flex-start" justifyContent="space-between">
        <pre className={styles.code} aria-label={t('query.promql-of-query', 'PromQL of this query')} tabIndex={0}>
          {text}
        </pre>
        <Stack gap={1} direction="column">
          <ClipboardButton variant="secondary" size="sm" icon="copy" type="button" getText={() => text}>
            {t('query.copy', 'Copy')}
          </ClipboardButton>
          <Button
            variant="secondary"
            size="sm"
            icon="pen"
            type="button"
            disabled={!single}
            tooltip={
              single
                ? t('query.edit-promql-help', 'Continue with this expression in PromQL')
                : t('query.edit-promql-several', 'Select a single signal to edit it as PromQL')
            }
            onClick={() => single && onEdit(single)}
          >
            {t('query.edit-promql', 'Edit as PromQL')}
          </Button>
        </Stack>
      </Stack>
      {failure !== undefined && <FieldValidationMessage>{failure}</FieldValidationMessage>}
    </>
  );
}

/** In Prometheus mode, the expressions as the server receives them. Until they are loaded, the compiled ones. */
function useRewritten(compiled: string[], datasource: FalcoDataSource) {
  const { load, failure } = useLoader();
  const key = compiled.join('\n');
  const [rewritten, setRewritten] = useState({ key, expressions: compiled });
  const needed = datasource.settings.mode === 'prometheus' && key !== '';
  useEffect(() => {
    if (!needed) {
      return undefined;
    }
    let current = true;
    const expressions = key.split('\n');
    const request = () => Promise.all(expressions.map((expr) => datasource.rewriteExpression(expr)));
    void load(t('query.rewritten-promql', 'the PromQL with the labels of this server'), request, expressions).then(
      (loaded) => current && setRewritten({ key, expressions: loaded })
    );
    return () => {
      current = false;
    };
  }, [key, datasource, needed, load]);
  return { expressions: rewritten.key === key ? rewritten.expressions : compiled, failure };
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
