import { css } from '@emotion/css';
import { CodeEditor, FieldValidationMessage, type Monaco, type MonacoEditor, useStyles2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { useLoader } from '../useLoader';
import { LANGUAGE, registerCompletions, registerLanguage } from './promqlLanguage';

interface Props {
  expr: string;
  datasource: FalcoDataSource;
  /** The backend's error for this expression, with the position of the mistake. */
  error: string | undefined;
  /** Called with the text on blur, on Shift+Enter and on Ctrl+S. */
  onChange: (expr: string) => void;
}

const LINE_HEIGHT = 18;

/** A code editor for PromQL. */
export function PromqlEditor({ expr, datasource, error, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const { onMount, failure } = useEditorSetup(datasource, onChange);
  const lines = Math.min(Math.max(expr.split('\n').length, 3), 12);
  return (
    <div className={styles.wide}>
      <CodeEditor
        value={expr}
        language={LANGUAGE}
        height={lines * LINE_HEIGHT + LINE_HEIGHT}
        showMiniMap={false}
        showLineNumbers={false}
        wordWrap
        monacoOptions={{
          ariaLabel: 'PromQL expression',
          fontSize: 13,
          scrollBeyondLastLine: false,
          folding: false,
          wordBasedSuggestions: false,
          // The completion list may extend beyond the small editor.
          fixedOverflowWidgets: true,
        }}
        onBeforeEditorMount={registerLanguage}
        onEditorDidMount={onMount}
        onBlur={onChange}
        onSave={onChange}
      />
      {error !== undefined && <FieldValidationMessage>{error}</FieldValidationMessage>}
      {failure !== undefined && <FieldValidationMessage>{failure}</FieldValidationMessage>}
    </div>
  );
}

/** Adds completion and Shift+Enter to Grafana's code editor once it is mounted. `failure` says why metric names are missing. */
function useEditorSetup(datasource: FalcoDataSource, onChange: Props['onChange']) {
  const { load, failure } = useLoader();
  const latest = useRef({ onChange, metrics: [] as string[] });
  const completions = useRef<{ dispose(): void } | undefined>(undefined);
  useEffect(() => {
    latest.current.onChange = onChange;
  });
  useEffect(() => {
    void load('metric names', () => datasource.metrics(), []).then((metrics) => {
      latest.current.metrics = metrics;
    });
  }, [datasource, load]);
  useEffect(() => () => completions.current?.dispose(), []);

  const onMount = (editor: MonacoEditor, monaco: Monaco) => {
    completions.current = registerCompletions(monaco, editor, () => latest.current.metrics);
    editor.onKeyDown((event) => {
      if (event.keyCode === monaco.KeyCode.Enter && event.shiftKey) {
        event.preventDefault();
        latest.current.onChange(editor.getValue());
      }
    });
  };
  return { onMount, failure };
}

// The row places its fields side by side. This field takes the full width.
const getStyles = () => ({ wide: css({ flex: '1 1 100%', minWidth: 0 }) });
