import { css } from '@emotion/css';
import { CodeEditor, FieldValidationMessage, type Monaco, type MonacoEditor, useStyles2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { LANGUAGE, offerWords, registerLanguage } from './promql';

interface Props {
  expr: string;
  datasource: FalcoDataSource;
  /** The backend's last word on this expression, with the place of a mistake. */
  error: string | undefined;
  /** Called with what stands there when the editor is left, and at Shift+Enter or Ctrl+S. */
  onChange: (expr: string) => void;
}

const LINE = 18;

/** A field for any PromQL. */
export function PromqlEditor({ expr, datasource, error, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const mount = useMount(datasource, onChange);
  const lines = Math.min(Math.max(expr.split('\n').length, 3), 12);
  return (
    <div className={styles.wide}>
      <CodeEditor
        value={expr}
        language={LANGUAGE}
        height={lines * LINE + LINE}
        showMiniMap={false}
        showLineNumbers={false}
        wordWrap
        monacoOptions={{
          ariaLabel: 'PromQL expression',
          fontSize: 13,
          scrollBeyondLastLine: false,
          folding: false,
          wordBasedSuggestions: false,
          // The list of words may reach beyond the small editor.
          fixedOverflowWidgets: true,
        }}
        onBeforeEditorMount={registerLanguage}
        onEditorDidMount={mount}
        onBlur={onChange}
        onSave={onChange}
      />
      {error !== undefined && <FieldValidationMessage>{error}</FieldValidationMessage>}
    </div>
  );
}

/** What is added to Grafana's editor once it is there: words to choose from, and Shift+Enter. */
function useMount(datasource: FalcoDataSource, onChange: Props['onChange']) {
  const latest = useRef({ onChange, metrics: [] as string[] });
  const words = useRef<{ dispose(): void } | undefined>(undefined);
  useEffect(() => {
    latest.current.onChange = onChange;
  });
  useEffect(() => {
    // Without the names there are fewer words to choose from, and nothing else is wrong.
    datasource.metrics().then(
      (names) => {
        latest.current.metrics = names;
      },
      () => {}
    );
  }, [datasource]);
  useEffect(() => () => words.current?.dispose(), []);

  return (editor: MonacoEditor, monaco: Monaco) => {
    words.current = offerWords(monaco, editor, () => latest.current.metrics);
    editor.onKeyDown((event) => {
      if (event.keyCode === monaco.KeyCode.Enter && event.shiftKey) {
        event.preventDefault();
        latest.current.onChange(editor.getValue());
      }
    });
  };
}

// The row lays its fields out side by side; this one takes all of it.
const getStyles = () => ({ wide: css({ flex: '1 1 100%', minWidth: 0 }) });
