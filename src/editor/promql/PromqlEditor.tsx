import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { CodeEditor, FieldValidationMessage, type Monaco, type MonacoEditor, useStyles2 } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { t } from '../../i18n';
import { useLoader } from '../useLoader';
import { type PromqlData, registerHelp } from './completions';
import { LANGUAGE, registerLanguage } from './language';
import { findMistake, readMistake } from './mistakes';
import { rangeOf } from './range';

interface Props {
  expr: string;
  datasource: FalcoDataSource;
  /** The backend's error for this expression. Grafana shows its text; the editor marks where it is. */
  error?: string | undefined;
  /** Called with the text on blur, on Shift+Enter and on Ctrl+S. */
  onChange: (expr: string) => void;
}

const LINE_HEIGHT = 18;

/** A code editor for PromQL. */
export function PromqlEditor({ expr, datasource, error, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState({ of: expr, text: expr });
  // A new expression of the query replaces what was being written.
  const text = draft.of === expr ? draft.text : expr;
  const { onMount, failure } = useEditorSetup(datasource, { expr, text, error, onChange });
  const lines = Math.min(Math.max(text.split('\n').length, 3), 12);
  return (
    <div className={styles.wide}>
      <div className={styles.editor}>
        <CodeEditor
          value={expr}
          language={LANGUAGE}
          height={lines * LINE_HEIGHT + LINE_HEIGHT}
          showMiniMap={false}
          showLineNumbers={false}
          wordWrap
          monacoOptions={{
            ariaLabel: t('query.promql.expression', 'PromQL expression'),
            fontSize: 13,
            scrollBeyondLastLine: false,
            folding: false,
            renderLineHighlight: 'none',
            overviewRulerLanes: 0,
            wordBasedSuggestions: false,
            quickSuggestions: { strings: true, other: true, comments: false },
            // The completion list may extend beyond the small editor.
            fixedOverflowWidgets: true,
          }}
          onBeforeEditorMount={registerLanguage}
          onEditorDidMount={onMount}
          onChange={(written) => setDraft({ of: expr, text: written })}
          onBlur={onChange}
          onSave={onChange}
        />
        {text === '' && (
          <span className={styles.placeholder} aria-hidden>
            {t('query.promql.placeholder', 'Enter a PromQL expression, such as {{example}}. Shift+Enter runs it.', {
              example: 'up == 0',
            })}
          </span>
        )}
      </div>
      {failure !== undefined && <FieldValidationMessage>{failure}</FieldValidationMessage>}
    </div>
  );
}

interface Content {
  /** The expression of the query, which the error is about. */
  expr: string;
  /** The text in the editor. */
  text: string;
  error: string | undefined;
  onChange: (expr: string) => void;
}

/**
 * Adds completion, hover help, marks at mistakes and Shift+Enter to Grafana's code editor once it is mounted. `failure` says
 * why completions are missing.
 */
function useEditorSetup(datasource: FalcoDataSource, content: Content) {
  const { load, failure } = useLoader();
  const latest = useRef(content);
  const mounted = useRef<{ editor: MonacoEditor; monaco: Monaco; help: { dispose(): void } } | undefined>(undefined);
  const mark = () => {
    const { editor, monaco } = mounted.current ?? {};
    const model = editor?.getModel();
    if (!model || !monaco) {
      return;
    }
    const { expr, text, error } = latest.current;
    const mistake = findMistake(text) ?? (error !== undefined && text === expr ? readMistake(text, error) : undefined);
    const markers = mistake ? [mistake] : [];
    monaco.editor.setModelMarkers(
      model,
      LANGUAGE,
      markers.map(({ from, to, message }) => ({
        severity: monaco.MarkerSeverity.Error,
        message,
        ...rangeOf(model, from, to),
      }))
    );
  };
  useEffect(() => {
    latest.current = content;
    mark();
  });
  useEffect(() => () => mounted.current?.help.dispose(), []);

  const data = useRef<PromqlData>(undefined);
  data.current ??= {
    metrics: () => load(t('editor.metrics', 'metric names'), () => datasource.metrics(), []),
    labels: (metrics) => load(t('editor.labels', 'labels'), () => datasource.sampleLabels(metrics), []),
    values: (label, metric, others) =>
      load(
        t('editor.values', 'values of the label “{{label}}”', { label }),
        () => datasource.sampleValues(label, metric, others),
        []
      ),
  };

  const onMount = (editor: MonacoEditor, monaco: Monaco) => {
    mounted.current?.help.dispose();
    mounted.current = { editor, monaco, help: registerHelp(monaco, editor, data.current!) };
    mark();
    editor.onKeyDown((event) => {
      if (event.keyCode === monaco.KeyCode.Enter && event.shiftKey) {
        event.preventDefault();
        latest.current.onChange(editor.getValue());
      }
    });
  };
  return { onMount, failure };
}

const getStyles = (theme: GrafanaTheme2) => ({
  // The row places its fields side by side. This field takes the full width.
  wide: css({ flex: '1 1 100%', minWidth: 0 }),
  editor: css({ position: 'relative' }),
  placeholder: css({
    position: 'absolute',
    top: theme.spacing(0.5),
    left: theme.spacing(1.5),
    pointerEvents: 'none',
    color: theme.colors.text.disabled,
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: 13,
  }),
});
