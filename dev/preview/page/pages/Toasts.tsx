import { css } from '@emotion/css';
import { AppEvents, type GrafanaTheme2 } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { Alert, Portal, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type Subscription } from 'rxjs';

interface Toast {
  severity: 'error' | 'warning' | 'success';
  title: string;
}

const events = [
  { event: AppEvents.alertError, severity: 'error' },
  { event: AppEvents.alertWarning, severity: 'warning' },
  { event: AppEvents.alertSuccess, severity: 'success' },
] as const;

/** Milliseconds after which an alert disappears. */
const STAY = 6000;

/** Shows the alerts that requests and plugins publish on the event bus. */
export function Toasts() {
  const styles = useStyles2(getStyles);
  const [toasts, setToasts] = useState<Toast[]>([]);
  const drop = (toast: Toast) => setToasts((all) => all.filter((other) => other !== toast));
  useEffect(() => {
    const subscriptions = events.map(({ event, severity }) =>
      getAppEvents()
        .getStream<{ type: string; payload: string[] }>({ type: event.name } as never)
        .subscribe(({ payload }) => {
          const toast: Toast = { severity, title: payload.filter(Boolean).join(': ') };
          setToasts((all) => [...all, toast]);
          setTimeout(() => drop(toast), STAY);
        })
    );
    return () => subscriptions.forEach((subscription) => (subscription as Subscription).unsubscribe());
  }, []);
  return (
    <Portal>
      <div className={styles.stack}>
        {toasts.map((toast, index) => (
          <Alert key={index} severity={toast.severity} title={toast.title} elevated onRemove={() => drop(toast)} />
        ))}
      </div>
    </Portal>
  );
}

function getStyles(theme: GrafanaTheme2) {
  return {
    stack: css({
      position: 'fixed',
      top: theme.spacing(6),
      right: theme.spacing(2),
      width: theme.spacing(50),
      zIndex: theme.zIndex.portal,
    }),
  };
}
