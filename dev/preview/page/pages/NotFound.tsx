import { EmptyState } from '@grafana/ui';
import { Shell } from './Shell';

export function NotFound({ what, because }: { what: string; because?: string }) {
  return (
    <Shell crumbs={[{ text: 'Home', href: '/' }, { text: 'Not found' }]}>
      <EmptyState variant="not-found" message={`There is no such ${what}`} hideImage>
        {because}
      </EmptyState>
    </Shell>
  );
}
