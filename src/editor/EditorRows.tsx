import { Stack } from '@grafana/ui';
import { type ReactNode } from 'react';

/** The rows of an editor. Those of @grafana/plugin-ui may wrap, which makes a row as high as if its fields did not fit side by side. */
export function EditorRows({ children }: { children: ReactNode }) {
  return (
    <Stack direction="column" gap={0.5}>
      {children}
    </Stack>
  );
}
