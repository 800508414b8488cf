import { ThemeContext } from '@grafana/data';
import { config, locationService, LocationServiceProvider } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { useLayoutEffect, useState, type PropsWithChildren } from 'react';
import { createRoot } from 'react-dom/client';
import { Navigate, Route, Router, Routes } from 'react-router-dom';
import { AlertRulesPage } from './pages/AlertRulesPage';
import { DashboardPage } from './pages/DashboardPage';
import { DataSourcePage } from './pages/DataSourcePage';
import { DataSourcesPage } from './pages/DataSourcesPage';
import { EditorsPage } from './pages/EditorsPage';
import { ExplorePage } from './pages/ExplorePage';
import { HomePage } from './pages/HomePage';
import { NotFound } from './pages/NotFound';
import { Toasts } from './pages/Toasts';
import { initServices } from './runtime/services';

/** Renders the page into an element. The boot data must be set before. */
export async function start(root: HTMLElement): Promise<void> {
  await initServices();
  followLinks(root);
  // Panels measure text on a canvas, so the font must be loaded before.
  await Promise.all(['400 14px Inter', '500 14px Inter'].map((font) => document.fonts.load(font)));
  createRoot(root).render(
    <ThemeContext.Provider value={config.theme2}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <History>
          <Routes>
            <Route path="/" element={<HomePage />} />
            <Route path="/dashboards" element={<Navigate to="/" replace />} />
            <Route path="/d/:uid/:slug?" element={<DashboardPage />} />
            <Route path="/explore" element={<ExplorePage />} />
            <Route path="/editors/:kind" element={<EditorsPage />} />
            <Route path="/alerting/list" element={<AlertRulesPage />} />
            <Route path="/connections/datasources" element={<DataSourcesPage />} />
            <Route path="/connections/datasources/edit/:uid" element={<DataSourcePage />} />
            <Route path="*" element={<NotFound what="Page" />} />
          </Routes>
        </History>
      </LocationServiceProvider>
      <PortalContainer />
      <Toasts />
    </ThemeContext.Provider>
  );
}

/** A router that uses the history of Grafana's libraries. */
function History({ children }: PropsWithChildren) {
  const history = locationService.getHistory();
  const [location, setLocation] = useState(history.location);
  useLayoutEffect(() => history.listen((next: typeof location) => setLocation(next)), [history]);
  return (
    <Router location={location} navigator={history}>
      {children}
    </Router>
  );
}

/** Makes links to the page change the route instead of reloading it. */
function followLinks(root: HTMLElement): void {
  root.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const href = link?.getAttribute('href');
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (
      !link ||
      !plain ||
      link.target ||
      event.defaultPrevented ||
      !href?.startsWith('/') ||
      href.startsWith('/public/')
    ) {
      return;
    }
    event.preventDefault();
    locationService.push(href);
  });
}
