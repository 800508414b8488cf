/** Replaces react-inlinesvg, which fetches icons over HTTP: tests have no server for them. */
export default function InlineSvg({ title }: { title?: string }) {
  return <svg aria-label={title} />;
}
