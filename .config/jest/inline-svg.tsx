/** Icons are fetched over HTTP in a browser; a test has no server for them. */
export default function InlineSvg({ title }: { title?: string }) {
  return <svg aria-label={title} />;
}
