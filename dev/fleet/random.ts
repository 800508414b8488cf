/** Seeded random numbers: the same seed gives the same sequence on every machine. */
export type Random = () => number;

/** FNV-1a over the UTF-16 units of the text; 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h >>> 0;
}

/** Numbers in [0, 1) (mulberry32), one sequence per seed. */
export function random(seed: string): Random {
  let state = hash(seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` lower-case hex digits that look like a digest of the seed. */
export function hex(seed: string, length: number): string {
  const next = random(seed);
  let out = '';
  while (out.length < length) {
    out += Math.floor(next() * 16).toString(16);
  }
  return out;
}
