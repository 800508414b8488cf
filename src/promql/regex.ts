/**
 * Go's regular expressions (RE2) in JavaScript: the same texts match. What RE2 refuses is refused, and so are the few
 * things of RE2 that JavaScript has no counterpart for.
 */
const posix: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};
// In JavaScript's strict (unicode) mode only these may stand after a backslash; RE2 takes all punctuation.
const special = '^$\\.*+?()[]{}|/';

/** A pattern that has to match a whole text, as Prometheus has all of them. Throws an Error that names what is wrong. */
export function anchored(source: string): RegExp {
  return new RegExp(`^(?:${new Translation(source).run()})$`, 'su');
}

/** JavaScript cannot ignore case in a part only, so that letters become classes of both cases where it is ignored. */
class Translation {
  private out = '';
  private at = 0;
  private ignoresCase = false;
  /** Whether case was ignored before each group that is open. */
  private readonly groups: boolean[] = [];

  constructor(private readonly source: string) {}

  run(): string {
    while (this.at < this.source.length) {
      this.part();
    }
    return this.out;
  }

  private get rest(): string {
    return this.source.slice(this.at);
  }

  private take(length: number, written: string): void {
    this.at += length;
    this.out += written;
  }

  private part(): void {
    const { rest } = this;
    const letter = /^\p{L}/u.exec(rest)?.[0];
    switch (rest[0]) {
      case '\\':
        return this.escape(false);
      case '[':
        return this.characterClass();
      case '(':
        return this.group();
      case ')':
        this.ignoresCase = this.groups.pop() ?? false;
        return this.take(1, ')');
      case '{':
        return this.take(1, /^\{\d+(,\d*)?\}/.test(rest) ? '{' : '\\{');
      case '}':
        return this.take(1, /\{\d+(,\d*)?$/.test(this.out) ? '}' : '\\}');
      case ']':
        return this.take(1, '\\]');
      default:
        return letter
          ? this.take(letter.length, this.ignoresCase ? `[${bothCases(letter)}]` : letter)
          : this.take(1, rest[0]!);
    }
  }

  private group(): void {
    const { rest } = this;
    const [named] = /^\(\?P?<[A-Za-z_]\w*>/.exec(rest) ?? [];
    const [flagged, off = '', on = '', end = ''] = /^\(\?(?:(?:-([is]+)|([is]*))([:)]))/.exec(rest) ?? [];
    if (rest.startsWith('(?') && named === undefined && (flagged === undefined || off.includes('s'))) {
      throw new Error(`"${rest.slice(0, 4)}" is no group that RE2 and JavaScript both have`);
    }
    const before = this.ignoresCase;
    this.ignoresCase = (before || on.includes('i')) && !off.includes('i');
    if (end === ')') {
      return this.take(flagged!.length, '');
    }
    this.groups.push(before);
    this.take((named ?? flagged ?? '(').length, named?.replace('P<', '<') ?? (flagged ? '(?:' : '('));
  }

  private characterClass(): void {
    // A bracket that comes first closes nothing.
    const [opening] = /^\[\^?\]?/.exec(this.rest)!;
    this.take(opening.length, opening.replace(']', '\\]'));
    while (this.at < this.source.length && this.rest[0] !== ']') {
      this.classPart();
    }
    this.take(1, ']');
  }

  private classPart(): void {
    const { rest } = this;
    const [named, negated, name] = /^\[:(\^?)(\w+):\]/.exec(rest) ?? [];
    if (named !== undefined) {
      const set = posix[name!];
      if (set === undefined || negated) {
        throw new Error(`"${named}" is no character class that RE2 and JavaScript both have`);
      }
      return this.take(named.length, set);
    }
    const range = /^([A-Za-z])-([A-Za-z])/.exec(rest);
    if (rest[0] === '\\') {
      return this.escape(true);
    }
    if (range) {
      const [whole, from, to] = range;
      const other = `${swapCase(from!)}-${swapCase(to!)}`;
      return this.take(3, this.ignoresCase && from! <= 'Z' === to! <= 'Z' ? whole + other : whole);
    }
    const letter = /^\p{L}/u.exec(rest)?.[0];
    if (letter) {
      return this.take(letter.length, this.ignoresCase ? bothCases(letter) : letter);
    }
    this.take(1, rest[0] === '[' ? '\\[' : rest[0]!);
  }

  private escape(inClass: boolean): void {
    const { rest } = this;
    const next = rest[1] ?? '';
    const quoted = /^\\Q(.*?)(?:\\E|$)/s.exec(rest);
    if (quoted) {
      return this.take(quoted[0].length, [...quoted[1]!].map((c) => (special.includes(c) ? `\\${c}` : c)).join(''));
    }
    const code = /^\\x\{([0-9A-Fa-f]+)\}/.exec(rest);
    if (code) {
      return this.take(code[0].length, `\\u{${code[1]}}`);
    }
    if (next === 'A' || next === 'z' || next === 'a') {
      return this.take(2, { A: '^', z: '$', a: '\\x07' }[next]);
    }
    if (/[1-9kcuEC]/.test(next) || next === '') {
      throw new Error(`"\\${next}" is no escape that RE2 has`);
    }
    const kept = /\w/.test(next) || special.includes(next) || (inClass && next === '-');
    this.take(2, kept ? `\\${next}` : next);
  }
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}

function bothCases(letter: string): string {
  return letter + swapCase(letter);
}
