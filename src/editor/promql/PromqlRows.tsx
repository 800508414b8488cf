import { type PanelData } from '@grafana/data';
import { EditorRow } from '@grafana/plugin-ui';
import { Button, Stack, Text } from '@grafana/ui';
import { t } from '../../i18n';
import { applyFix, type FixAction, type Hint } from '../../promqlEdits';
import { commonFilterKeys } from '../../labelChoices';
import { Filters } from '../query/Filters';
import { type RowsProps } from '../query/rowsProps';
import { PromqlEditor } from './PromqlEditor';

interface Props extends RowsProps {
  data: PanelData | undefined;
  error: string | undefined;
}

/** The rows of a PromQL query: the expression, what is probably a mistake in it, and filters. */
export function PromqlRows({ query, datasource, change, data, error }: Props) {
  const expr = query.expr ?? '';
  return (
    <>
      <EditorRow>
        <PromqlEditor
          expr={expr}
          datasource={datasource}
          error={error}
          onChange={(changed) => change({ expr: changed })}
        />
        <Hints hints={readHints(data, query.refId)} expr={expr} onFix={(fixed) => change({ expr: fixed })} />
      </EditorRow>
      <EditorRow>
        <Filters
          filters={query.filters}
          keys={commonFilterKeys([], datasource.settings)}
          loadValues={(label, others) => datasource.labelValues(label, others)}
          onChange={(filters) => change({ filters })}
        />
      </EditorRow>
    </>
  );
}

function readHints(data: PanelData | undefined, refId: string): Hint[] {
  const frames = data?.series.filter((frame) => frame.refId === refId) ?? [];
  return frames.flatMap(({ meta }) => (meta?.custom?.['hints'] as Hint[] | undefined) ?? []);
}

interface HintsProps {
  hints: Hint[];
  expr: string;
  onFix: (expr: string) => void;
}

/** Hints with a button for the change that each of them proposes. */
function Hints({ hints, expr, onFix }: HintsProps) {
  if (hints.length === 0) {
    return null;
  }
  return (
    <div role="note" aria-label={t('query.promql.hints', 'Hints')}>
      {hints.map(({ text, fix }) => {
        const fixed = fix ? applyFix(expr, fix) : expr;
        return (
          <Stack key={text} gap={1} alignItems="center" wrap="wrap">
            <Text variant="bodySmall" color="secondary">
              {text}
            </Text>
            {fix && fixed !== expr && (
              <Button variant="secondary" size="sm" icon="wrench" type="button" onClick={() => onFix(fixed)}>
                {fixLabel(fix)}
              </Button>
            )}
          </Stack>
        );
      })}
    </div>
  );
}

function fixLabel(action: FixAction): string {
  switch (action.type) {
    case 'RENAME':
      return t('query.promql.fix-rename', 'Use {{name}}', { name: action.options.to });
    case 'ADD_RATE':
      return t('query.promql.fix-add-rate', 'Use {{function}}', { function: 'rate()' });
    case 'REMOVE_RATE':
      return t('query.promql.fix-remove-rate', 'Use the metric itself');
    case 'ADD_DOWN':
      return t('query.promql.fix-add-down', 'Add {{expression}}', { expression: 'up == 0' });
  }
}
