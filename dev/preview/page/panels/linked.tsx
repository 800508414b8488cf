import { type LinkModel } from '@grafana/data';
import { DataLinksContextMenu } from '@grafana/ui';
import { type MouseEventHandler, type ReactElement } from 'react';

interface Props {
  hasLinks: boolean;
  getLinks?: () => LinkModel[];
  /** Draws the value; gets a handler that opens the menu of links. */
  children: (open?: MouseEventHandler<HTMLElement>) => ReactElement;
}

/** A value that opens its links when it is clicked. */
export function Linked({ hasLinks, getLinks, children }: Props) {
  if (!hasLinks || !getLinks) {
    return children();
  }
  return <DataLinksContextMenu links={getLinks}>{({ openMenu }) => children(openMenu)}</DataLinksContextMenu>;
}
