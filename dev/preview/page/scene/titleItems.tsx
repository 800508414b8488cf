/** The items beside a panel title: its links, and an icon for notices. */
import { css } from '@emotion/css';
import { textUtil, type GrafanaTheme2 } from '@grafana/data';
import { SceneObjectBase, sceneGraph, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { Dropdown, Icon, Menu, PanelChrome, Tooltip, useStyles2 } from '@grafana/ui';
import { type LinkModel } from './model';
import { gravest, collectNotices } from './notices';

interface PanelLinksState extends SceneObjectState {
  links: LinkModel[];
}

export class PanelLinks extends SceneObjectBase<PanelLinksState> {
  static Component = LinksIcon;
}

function LinksIcon({ model }: SceneComponentProps<PanelLinks>) {
  const { links } = model.useState();
  const resolved = links.map(({ title = '', url = '', targetBlank }) => ({
    title: sceneGraph.interpolate(model, title),
    url: textUtil.sanitizeUrl(sceneGraph.interpolate(model, url)),
    target: targetBlank ? ('_blank' as const) : undefined,
  }));
  const [first] = resolved;
  if (!first) {
    return null;
  }
  if (resolved.length === 1) {
    return (
      <PanelChrome.TitleItem href={first.url} target={first.target} title={first.title}>
        <Icon name="external-link-alt" size="md" />
      </PanelChrome.TitleItem>
    );
  }
  const menu = (
    <Menu>
      {resolved.map(({ title, url, target }) => (
        <Menu.Item key={url} label={title} url={url} target={target} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={menu}>
      <PanelChrome.TitleItem title="Links">
        <Icon name="link" size="md" />
      </PanelChrome.TitleItem>
    </Dropdown>
  );
}

const icons = { info: 'file-landscape-alt', warning: 'exclamation-triangle', error: 'exclamation-circle' } as const;

export class PanelNotices extends SceneObjectBase<SceneObjectState> {
  static Component = NoticesIcon;
}

function NoticesIcon({ model }: SceneComponentProps<PanelNotices>) {
  const styles = useStyles2(getStyles);
  const { data } = sceneGraph.getData(model).useState();
  const notices = collectNotices(data);
  if (notices.length === 0) {
    return null;
  }
  const severity = gravest(notices);
  const texts = (
    <ul className={styles.list} data-testid="panel-notices-text">
      {notices.map(({ text, link }) => (
        <li key={text}>
          {text} {link && <a href={textUtil.sanitizeUrl(link)}>More</a>}
        </li>
      ))}
    </ul>
  );
  return (
    <Tooltip content={texts} interactive>
      <PanelChrome.TitleItem className={styles[severity]} data-testid="panel-notices">
        <Icon name={icons[severity]} size="md" />
      </PanelChrome.TitleItem>
    </Tooltip>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    list: css({ margin: 0, padding: 0, listStyle: 'none', 'li + li': { marginTop: theme.spacing(0.5) } }),
    info: css({ color: theme.colors.info.text }),
    warning: css({ color: theme.colors.warning.text }),
    error: css({ color: theme.colors.error.text }),
  };
}
