import { type DataSourceSettings } from '@grafana/data';
import { Auth, AuthMethod, convertLegacyAuthProps } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Field, Switch } from '@grafana/ui';
import { useId } from 'react';
import { t } from '../../i18n';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';

type AuthProps = ReturnType<typeof convertLegacyAuthProps>;
type Options = DataSourceSettings<FalcoSettings, FalcoSecrets>;

interface Props {
  options: Options;
  onOptionsChange: (options: Options) => void;
}

/**
 * Authentication, TLS and HTTP headers, shared by all targets and stored like those of other data sources. Cookies and OAuth
 * tokens cannot be forwarded, because the plugin also scrapes while no user is signed in.
 */
export function ConnectionSection({ options, onOptionsChange }: Props) {
  const disabled = options.readOnly === true;
  const id = useId();
  const auth = convertLegacyAuthProps({ config: options, onChange: onOptionsChange });
  return (
    <>
      <Auth
        {...auth}
        {...fillAbsentValues(auth)}
        selectedMethod={options.basicAuth ? AuthMethod.BasicAuth : AuthMethod.NoAuth}
        visibleMethods={[AuthMethod.NoAuth, AuthMethod.BasicAuth]}
        defaultOptionsOverrides={{
          [AuthMethod.NoAuth]: {
            description: t('config.connection.no-auth', 'To send a bearer token, add an HTTP header'),
          },
          [AuthMethod.BasicAuth]: { description: t('config.connection.basic-auth', 'Username and password') },
        }}
        onAuthMethodSelect={(method) => onOptionsChange({ ...options, basicAuth: method === AuthMethod.BasicAuth })}
        readOnly={disabled}
      />
      {config.secureSocksDSProxyEnabled && (
        <Field
          label={t('config.connection.proxy', 'Secure socks proxy')}
          description={t(
            'config.connection.proxy-help',
            'Connect through the proxy that is configured in Grafana. DNS discovery does not work behind the proxy: use static targets.'
          )}
          disabled={disabled}
        >
          <Switch
            id={id}
            value={options.jsonData.enableSecureSocksProxy === true}
            onChange={(event) =>
              onOptionsChange({
                ...options,
                jsonData: { ...options.jsonData, enableSecureSocksProxy: event.currentTarget.checked },
              })
            }
          />
        </Field>
      )}
    </>
  );
}

/** Replaces absent values by empty ones, because React treats inputs without a value as uncontrolled. */
function fillAbsentValues({ basicAuth, TLS }: AuthProps): Pick<AuthProps, 'basicAuth' | 'TLS'> {
  return {
    basicAuth: basicAuth && { ...basicAuth, user: basicAuth.user ?? '' },
    TLS: TLS && {
      ...TLS,
      TLSClientAuth: {
        ...TLS.TLSClientAuth,
        enabled: Boolean(TLS.TLSClientAuth.enabled),
        serverName: TLS.TLSClientAuth.serverName ?? '',
      },
      skipTLSVerification: { ...TLS.skipTLSVerification, enabled: Boolean(TLS.skipTLSVerification.enabled) },
    },
  };
}
