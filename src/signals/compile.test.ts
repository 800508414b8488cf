import { compileRegex } from '../promql';
import { readFileSync } from 'node:fs';
import { catalogue } from '.';
import { compile, type CompileFilter } from './compile';
import { type Catalogue, type Signal } from './types';
import { parseDuration } from './window';

interface Options {
  identity: string[];
  targetLabels: string[];
  step: string;
  scrapeInterval: string;
  range: string;
  history: string;
}

interface Case {
  name: string;
  signal?: string;
  template?: Pick<Signal, 'id' | 'expr' | 'groupBy' | 'maxWindow'>;
  groupBy?: string[];
  filters?: CompileFilter[];
  window?: string;
  options?: Partial<Options>;
  expr?: string;
  error?: string;
}

interface Corpus {
  options: Omit<Options, 'history'>;
  catalogue: Pick<Catalogue, 'groupings' | 'metricLabels'>;
  cases: Case[];
}

const corpus: Corpus = JSON.parse(readFileSync('tests/corpora/compile.json', 'utf8'));

function run({ signal, template, groupBy, filters, window, options }: Case): string {
  const { identity, targetLabels, step, scrapeInterval, range, history } = { ...corpus.options, ...options };
  const ms = (text: string) => parseDuration(text) ?? NaN;
  const times = {
    step: ms(step),
    scrapeInterval: ms(scrapeInterval),
    range: ms(range),
    history: history === undefined ? undefined : ms(history),
  };
  const entry = template ?? catalogue.signals.find(({ id }) => id === signal);
  const around = template ? { ...catalogue, ...corpus.catalogue } : catalogue;
  return compile(
    around,
    entry as Signal,
    { groupBy, filters, window },
    { identity, targetLabels, compileRegex, ...times }
  ).expr;
}

describe('compile', () => {
  it.each(corpus.cases.filter(({ expr }) => expr !== undefined))('$name', (given) => {
    expect(run(given)).toBe(given.expr);
  });

  it.each(corpus.cases.filter(({ error }) => error !== undefined))('refuses: $name', (given) => {
    expect(() => run(given)).toThrow(new Error(given.error));
  });

  it('knows how long a live panel has been watched', () => {
    const signal = { id: 'example', expr: 'rate(x{$filter}[$window])', groupBy: { default: [], allowed: [] } };
    const options = { identity: [], targetLabels: [], step: 1000, scrapeInterval: 1000, range: 60_000 };
    const use = { window: '${__live}' };
    expect(compile(catalogue, signal as unknown as Signal, use, { ...options, live: 7001 })).toEqual({
      expr: 'rate(x{}[7001ms])',
      window: 7001,
    });
  });

  it('has something to expect of every case', () => {
    expect(corpus.cases.filter(({ expr, error }) => (expr === undefined) === (error === undefined))).toEqual([]);
  });
});
