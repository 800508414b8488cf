import { EmptyState } from '@grafana/ui';
import { Shell } from './Shell';

export function NotFound({ what, reason }: { what: string; reason?: string }) {
  return (
    <Shell crumbs={[{ text: 'Home', href: '/' }, { text: 'Not found' }]}>
      <EmptyState variant="not-found" message={`${what} not found`} hideImage>
        {reason}
      </EmptyState>
    </Shell>
  );
}
