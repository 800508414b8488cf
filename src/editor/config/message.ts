/** What the backend said, where it did. */
export function messageOf(error: unknown): string {
  const { data } = error as { data?: { error?: string; message?: string } };
  return data?.error ?? data?.message ?? String(error);
}
