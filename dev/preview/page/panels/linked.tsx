import { type LinkModel } from '@grafana/data';
import { DataLinksContextMenu } from '@grafana/ui';
import { type MouseEventHandler, type ReactElement } from 'react';

interface Props {
  hasLinks: boolean;
  getLinks?: () => LinkModel[];
  /** Renders the value. The argument opens the menu of links. */
  children: (open?: MouseEventHandler<HTMLElement>) => ReactElement;
}

/** A value with a menu of links. */
export function Linked({ hasLinks, getLinks, children }: Props) {
  if (!hasLinks || !getLinks) {
    return children();
  }
  return <DataLinksContextMenu links={getLinks}>{({ openMenu }) => children(openMenu)}</DataLinksContextMenu>;
}
