import { type monacoTypes } from '@grafana/ui';

/** The range of a text between two offsets, as Grafana's code editor counts. */
export function rangeOf(model: monacoTypes.editor.ITextModel, from: number, to: number): monacoTypes.IRange {
  const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)];
  return {
    startLineNumber: start.lineNumber,
    startColumn: start.column,
    endLineNumber: end.lineNumber,
    endColumn: end.column,
  };
}
