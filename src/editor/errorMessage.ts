/** The message of a failed request: the backend's own message if there is one. */
export function errorMessage(error: unknown): string {
  const { data, message, statusText } = error as {
    data?: { error?: string; message?: string };
    message?: string;
    statusText?: string;
  };
  return data?.error ?? data?.message ?? message ?? statusText ?? String(error);
}
