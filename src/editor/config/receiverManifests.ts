import { t, verbatim } from '../../i18n';
import { type Manifest } from './manifestTexts';

/** Bounds of the histogram of delivery times. pkg/receiver/metrics.go has the same list in seconds; a test compares them. */
export const OBJECTIVES = [
  '50ms',
  '100ms',
  '250ms',
  '500ms',
  '1s',
  '2500ms',
  '5s',
  '10s',
  '30s',
  '1m',
  '2m',
  '5m',
  '10m',
  '30m',
  '1h',
];

/** The Kubernetes Secret that the manifests refer to. */
const SECRET_NAME = 'falco-alert-receiver';

/** What a sender needs, as text to copy. `address` is the URL of the alert receiver. */
export function receiverManifests(address: string): Manifest[] {
  const { protocol, rest } = split(address);
  return [
    {
      title: t('config.manifest.secret', 'Secret for Kubernetes'),
      about: t(
        'config.manifest.secret-help',
        'Contains the shared secret and the token of a Grafana service account with the Viewer role.'
      ),
      text: `kubectl create secret generic ${SECRET_NAME} --namespace falco \\
  --from-literal=secret='SHARED_SECRET' \\
  --from-literal=token='SERVICE_ACCOUNT_TOKEN' \\
  --from-literal=headers='X-Falco-Receiver-Secret:SHARED_SECRET,Authorization:Bearer SERVICE_ACCOUNT_TOKEN'
`,
    },
    {
      title: t('config.manifest.sidekick', 'Helm values for Falcosidekick'),
      about: t('config.manifest.sidekick-help', 'Falcosidekick sends the shared secret and the token in headers.'),
      text: `# For the Helm chart falcosecurity/falco. Keep other entries of extraEnv.
falcosidekick:
  enabled: true
  config:
    webhook:
      address: ${address}
    extraEnv:
      # webhook.customHeaders, from a Secret. A header value cannot contain commas or colons.
      - name: WEBHOOK_CUSTOMHEADERS
        valueFrom:
          secretKeyRef:
            name: ${SECRET_NAME}
            key: headers
`,
    },
    {
      title: verbatim('falco.yaml'),
      about: t(
        'config.manifest.falco-help',
        'Falco sends alerts itself. It cannot send headers, so the shared secret and the token are part of the URL.'
      ),
      text: `# Falco replaces \${…} with its environment variables. api_key is the user name that Grafana expects with a token.
# A secret with other characters than letters, digits, - and _ has to be URL-encoded.
json_output: true
http_output:
  enabled: true
  url: "${protocol}api_key:\${GRAFANA_TOKEN}@${rest}?secret=\${FALCO_RECEIVER_SECRET}"
`,
    },
    {
      title: t('config.manifest.http-output', 'Helm values for Falco’s http_output'),
      about: t('config.manifest.http-output-help', 'The same, with both values from the Secret.'),
      text: `# For the Helm chart falcosecurity/falco. Keep other entries of extra.env.
falco:
  json_output: true
  http_output:
    enabled: true
    url: "${protocol}api_key:\${GRAFANA_TOKEN}@${rest}?secret=\${FALCO_RECEIVER_SECRET}"
extra:
  env:
    - name: GRAFANA_TOKEN
      valueFrom:
        secretKeyRef:
          name: ${SECRET_NAME}
          key: token
    - name: FALCO_RECEIVER_SECRET
      valueFrom:
        secretKeyRef:
          name: ${SECRET_NAME}
          key: secret
`,
    },
  ];
}

function split(address: string): { protocol: string; rest: string } {
  const [protocol = ''] = /^[a-z]+:\/\//i.exec(address) ?? [];
  return { protocol, rest: address.slice(protocol.length) };
}
