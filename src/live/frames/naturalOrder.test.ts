import { readFileSync } from 'node:fs';
import { compareNatural } from './naturalOrder';

const sorted = JSON.parse(readFileSync('tests/corpora/natural-order.json', 'utf8')) as string[][];

it.each(sorted)('orders %j', (...texts) => {
  for (let i = 0; i < texts.length; i++) {
    for (let j = 0; j < texts.length; j++) {
      expect([texts[i], texts[j], Math.sign(compareNatural(texts[i]!, texts[j]!))]).toEqual([
        texts[i],
        texts[j],
        Math.sign(i - j),
      ]);
    }
  }
});
