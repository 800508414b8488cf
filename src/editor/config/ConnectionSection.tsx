import { type DataSourceSettings } from '@grafana/data';
import { Auth, AuthMethod, convertLegacyAuthProps } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Field, Switch } from '@grafana/ui';
import { useId } from 'react';
import { type FalcoSecrets, type FalcoSettings } from '../../settings';

type AuthProps = ReturnType<typeof convertLegacyAuthProps>;
type Options = DataSourceSettings<FalcoSettings, FalcoSecrets>;

interface Props {
  options: Options;
  onOptionsChange: (options: Options) => void;
}

/**
 * Authentication, TLS and headers, one set for all targets or for the store, kept where Grafana keeps them. Forwarding of
 * cookies or OAuth tokens is not offered: scraping goes on when nobody is logged in.
 */
export function ConnectionSection({ options, onOptionsChange }: Props) {
  const disabled = options.readOnly === true;
  const id = useId();
  const auth = convertLegacyAuthProps({ config: options, onChange: onOptionsChange });
  return (
    <>
      <Auth
        {...auth}
        {...withValues(auth)}
        selectedMethod={options.basicAuth ? AuthMethod.BasicAuth : AuthMethod.NoAuth}
        visibleMethods={[AuthMethod.NoAuth, AuthMethod.BasicAuth]}
        defaultOptionsOverrides={{
          [AuthMethod.NoAuth]: {
            description: 'A bearer token goes into an HTTP header',
          },
          [AuthMethod.BasicAuth]: { description: 'User name and password' },
        }}
        onAuthMethodSelect={(method) => onOptionsChange({ ...options, basicAuth: method === AuthMethod.BasicAuth })}
        readOnly={disabled}
      />
      {config.secureSocksDSProxyEnabled && (
        <Field
          label="Secure socks proxy"
          description="Go through the proxy that this Grafana is set up with. Names of targets cannot be looked up behind it: use plain addresses."
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

/** What nobody has set yet is empty or off, not absent: else React takes the fields for uncontrolled ones. */
function withValues({ basicAuth, TLS }: AuthProps): Pick<AuthProps, 'basicAuth' | 'TLS'> {
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
