import { CodeEditor, FieldValidationMessage } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type FalcoDataSource } from '../../datasource';
import { LANGUAGE, registerLanguage, suggestions } from './promql';

interface Props {
  expr: string;
  datasource: FalcoDataSource;
  /** The backend's last word on this expression. */
  error: string | undefined;
  /** Called when the editor is left or Ctrl+S is pressed, with what then stands there. */
  onChange: (expr: string) => void;
}

const LINE = 18;

/** A field for any PromQL. */
export function PromqlEditor({ expr, datasource, error, onChange }: Props) {
  const metrics = useMetrics(datasource);
  const lines = Math.min(Math.max(expr.split('\n').length, 3), 12);
  return (
    <div>
      <CodeEditor
        value={expr}
        language={LANGUAGE}
        height={lines * LINE + LINE}
        showMiniMap={false}
        showLineNumbers={false}
        wordWrap
        monacoOptions={{ ariaLabel: 'PromQL expression', fontSize: 13, scrollBeyondLastLine: false, folding: false }}
        onBeforeEditorMount={registerLanguage}
        getSuggestions={() => suggestions(metrics)}
        onBlur={onChange}
        onSave={onChange}
      />
      {error !== undefined && <FieldValidationMessage>{syntaxHint(error)}</FieldValidationMessage>}
    </div>
  );
}

/** Prometheus's own place of an error, `1:24: parse error: …`, in words. */
export function syntaxHint(error: string): string {
  const [, line, column, reason] = /(\d+):(\d+): parse error: (.*)/.exec(error) ?? [];
  return reason === undefined ? error : `Line ${line}, character ${column}: ${reason}`;
}

function useMetrics(datasource: FalcoDataSource): string[] {
  const [metrics, setMetrics] = useState<string[]>([]);
  useEffect(() => {
    let gone = false;
    // Without the names there are fewer suggestions, and nothing else is wrong.
    datasource.metrics().then(
      (names) => gone || setMetrics(names),
      () => {}
    );
    return () => {
      gone = true;
    };
  }, [datasource]);
  return metrics;
}
