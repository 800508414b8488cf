import { css, cx } from '@emotion/css';
import { type GrafanaTheme2, type IconName } from '@grafana/data';
import { config, locationService } from '@grafana/runtime';
import { Icon, ToolbarButton, Tooltip, useStyles2 } from '@grafana/ui';
import { useEffect, type ReactNode } from 'react';
import { useLocation } from 'react-router-dom';

interface Crumb {
  text: string;
  href?: string;
}

interface Props {
  /** From the root to the current page. */
  crumbs: Crumb[];
  children: ReactNode;
  /** Uses the full width. */
  wide?: boolean;
}

const sections: Array<{ text: string; icon: IconName; href: string; isActive: (path: string) => boolean }> = [
  { text: 'Dashboards', icon: 'apps', href: '/', isActive: (path) => path === '/' || path.startsWith('/d/') },
  { text: 'Explore', icon: 'compass', href: '/explore', isActive: (path) => path.startsWith('/explore') },
  { text: 'Alert rules', icon: 'bell', href: '/alerting/list', isActive: (path) => path.startsWith('/alerting') },
  {
    text: 'Data sources',
    icon: 'database',
    href: '/connections/datasources',
    isActive: (path) => path.startsWith('/connections'),
  },
];

/** The layout of every page: breadcrumbs, sections and the theme switch. */
export function Shell({ crumbs, children, wide }: Props) {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const title = crumbs.at(-1)?.text ?? '';
  useEffect(() => {
    document.title = `${title} - Grafana preview`;
  }, [title]);
  return (
    <div className={styles.app}>
      <header className={styles.bar}>
        <nav aria-label="Breadcrumbs" className={styles.crumbs}>
          <a href="/" className={styles.home} aria-label="Home">
            <img src="/public/favicon.svg" alt="" width={22} height={22} />
          </a>
          {crumbs.map(({ text, href }, index) => (
            <span key={text} className={styles.crumb}>
              {index > 0 && <Icon name="angle-right" />}
              {href ? <a href={href}>{text}</a> : <span className={styles.here}>{text}</span>}
            </span>
          ))}
        </nav>
        <nav aria-label="Sections" className={styles.sections}>
          {sections.map(({ text, icon, href, isActive }) => (
            <a key={text} href={href} className={cx(styles.section, isActive(pathname) && styles.active)}>
              <Icon name={icon} /> {text}
            </a>
          ))}
          <Tooltip content="Runs the plugin's backend and front end without Grafana">
            <span className={styles.badge}>Preview</span>
          </Tooltip>
          <ThemeSwitch />
        </nav>
      </header>
      <main className={cx(styles.main, !wide && styles.narrow)}>{children}</main>
    </div>
  );
}

/** Changes the theme by reloading the page, because Grafana's libraries read the theme once. */
function ThemeSwitch() {
  const other = config.theme2.isDark ? 'light' : 'dark';
  const change = () => {
    locationService.partial({ theme: other }, true);
    window.location.reload();
  };
  return (
    <ToolbarButton icon="adjust-circle" tooltip={`Change to the ${other} theme`} onClick={change} aria-label="Theme" />
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    app: css({
      minHeight: '100vh',
      display: 'flex',
      flexDirection: 'column',
      background: theme.colors.background.canvas,
    }),
    bar: css({
      position: 'sticky',
      top: 0,
      zIndex: theme.zIndex.navbarFixed,
      height: theme.spacing(5),
      padding: theme.spacing(0, 2),
      display: 'flex',
      alignItems: 'center',
      justifyContent: 'space-between',
      gap: theme.spacing(2),
      background: theme.colors.background.primary,
      borderBottom: `1px solid ${theme.colors.border.weak}`,
    }),
    crumbs: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), minWidth: 0, whiteSpace: 'nowrap' }),
    home: css({ display: 'flex', marginRight: theme.spacing(1) }),
    crumb: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(0.5),
      color: theme.colors.text.secondary,
      minWidth: 0,
      'a:hover': { textDecoration: 'underline' },
    }),
    here: css({ color: theme.colors.text.primary, overflow: 'hidden', textOverflow: 'ellipsis' }),
    sections: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
    section: css({
      height: theme.spacing(5),
      padding: theme.spacing(0, 1),
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(0.75),
      color: theme.colors.text.secondary,
      whiteSpace: 'nowrap',
      '&:hover': { color: theme.colors.text.primary },
    }),
    active: css({ color: theme.colors.text.primary, boxShadow: `inset 0 -2px ${theme.colors.primary.border}` }),
    badge: css({
      padding: theme.spacing(0, 1),
      borderRadius: theme.shape.radius.pill,
      border: `1px solid ${theme.colors.border.medium}`,
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
    }),
    main: css({ flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }),
    narrow: css({ width: '100%', maxWidth: theme.spacing(140), margin: '0 auto', padding: theme.spacing(3) }),
  };
}
