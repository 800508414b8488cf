import { css, cx } from '@emotion/css';
import { renderTextPanelMarkdown, textUtil, type PanelProps } from '@grafana/data';
import { definePanel } from './define';

interface Options {
  mode: 'markdown' | 'html' | 'code';
  content: string;
}

const scrolling = css({ height: '100%', overflow: 'auto' });

function TextPanel({ options: { mode, content }, replaceVariables }: PanelProps<Options>) {
  const interpolated = replaceVariables(content, {}, mode === 'code' ? undefined : 'html');
  if (mode === 'code') {
    return <pre className={scrolling}>{interpolated}</pre>;
  }
  const html = mode === 'html' ? textUtil.sanitize(interpolated) : renderTextPanelMarkdown(interpolated);
  // Sanitised above, like in Grafana's text panel.
  return <div className={cx('markdown-html', scrolling)} dangerouslySetInnerHTML={{ __html: html }} />;
}

export const text = () =>
  definePanel<Options>('text', {
    component: TextPanel,
    options: { mode: 'markdown', content: '' },
    skipDataQuery: true,
  });
