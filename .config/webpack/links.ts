/**
 * Makes the links and images of a Markdown page absolute, because Grafana's catalogue shows README.md without the
 * repository. Links and images lead to the files of one version: `ref` is a tag, a branch or a commit, and `repository`
 * the address of a repository on GitHub.
 */
export function makeLinksAbsolute(markdown: string, repository: string, ref: string): string {
  return markdown.replaceAll(/(!?)(\[[^\]]*\])\(([^)\s]+)/g, (whole, image: string, text: string, target: string) => {
    if (/^(https?:|mailto:|#)/.test(target)) {
      return whole;
    }
    const base = image
      ? `${repository.replace('//github.com/', '//raw.githubusercontent.com/')}/${ref}`
      : `${repository}/blob/${ref}`;
    return `${image}${text}(${base}/${target}`;
  });
}
