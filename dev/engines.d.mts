export function withoutPluginUiWarning(output: string): string;
