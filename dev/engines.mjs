/**
 * Removes npm's warning that @grafana/plugin-ui requires a newer Node. The package declares the Node with which it is
 * built, but its code runs in browsers. All other output of npm stays.
 */
export function withoutPluginUiWarning(output) {
  return output.replaceAll(
    /^npm warn EBADENGINE Unsupported engine \{\n.* package: '@grafana\/plugin-ui@.*\n(?:.*\n)*?npm warn EBADENGINE \}\n/gm,
    ''
  );
}
