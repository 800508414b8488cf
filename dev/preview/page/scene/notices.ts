import { type PanelData, type QueryResultMetaNotice } from '@grafana/data';

/** The notices of all frames in their order, without duplicates. */
export function collectNotices(data: PanelData | undefined): QueryResultMetaNotice[] {
  const byText = new Map<string, QueryResultMetaNotice>();
  for (const frame of data?.series ?? []) {
    for (const notice of frame.meta?.notices ?? []) {
      if (!byText.has(notice.text)) {
        byText.set(notice.text, notice);
      }
    }
  }
  return [...byText.values()];
}

const order = ['error', 'warning', 'info'] as const;

/** The highest severity of the notices, which determines the icon. */
export function gravest(notices: QueryResultMetaNotice[]): (typeof order)[number] {
  return order.find((severity) => notices.some((notice) => notice.severity === severity)) ?? 'info';
}
