import { type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type BadAnswer } from './spec';

export const CONTENT_TYPE = 'text/plain; version=0.0.4';

const SAMPLE = 'falcosecurity_scap_n_evts_total';

/** Inserts a line before the last sample, so that valid lines surround it. */
function insert(text: string, line: string): string {
  const place = text.lastIndexOf('# HELP');
  return `${text.slice(0, place)}${line}\n${text.slice(place)}`;
}

/** The responses whose text is malformed; other kinds leave the text unchanged. */
export function mangle(text: string, kind?: BadAnswer): string {
  switch (kind) {
    case 'garbage-line':
      return insert(text, '~~~ this line is garbage ~~~');
    case 'no-value':
      return insert(text, `${SAMPLE}{cpu="0"}`);
    case 'run-together':
      return insert(text, `falcosecurity_scap_n_fds_total 42falcosecurity_scap_n_threads_total 17`);
    case 'dots':
      return insert(text, 'falcosecurity_plugins_my.plugin.n_requests_total 31');
    case 'duplicate':
      return insert(text, `${SAMPLE} 1`);
    case 'label-twice':
      return insert(text, 'falcosecurity_falco_rules_matches_total{priority="4",tag_a_b="true",tag_a_b="true"} 7');
    case 'huge-label':
      return insert(text, `falcosecurity_falco_rules_matches_total{rule_name="${'x'.repeat(100_000)}"} 7`);
    case 'empty':
      return '';
    case 'not-falco':
      return '# HELP up_since_seconds Start.\n# TYPE up_since_seconds gauge\nup_since_seconds 1.7e+09\n';
    default:
      return text;
  }
}

const PAGE = '<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n';

const BLOCK = Array.from({ length: 500 }, (_, i) => `falcosecurity_scap_filler_total{n="${i}"} ${i}\n`).join('');

/**
 * Writes one block repeatedly at the reader's pace, until `bytes` are written or the reader
 * disconnects.
 */
function pour(response: ServerResponse, block: string | Buffer, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= block.length;
      if (!response.write(block)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

const SLOW_MS = 30_000;
const MEGABYTE = 1024 * 1024;

/** Sends the text, or what replaces it for the kinds that misbehave beyond the text. */
export function respond(response: ServerResponse, text: string, kind?: BadAnswer): void {
  const good = { 'Content-Type': CONTENT_TYPE };
  const whole = (status: number, headers: Record<string, string>, body: string | Buffer) => {
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };
  switch (kind) {
    case 'slow': {
      const later = setTimeout(() => whole(200, good, text), SLOW_MS);
      response.once('close', () => clearTimeout(later));
      return;
    }
    case 'endless':
      response.writeHead(200, good);
      return pour(response, BLOCK, Infinity);
    case 'oversized':
      response.writeHead(200, good);
      return pour(response, BLOCK, 100 * MEGABYTE);
    case 'gzip-bomb': {
      // Members of a gzip stream may follow each other: a few kilobytes each, a megabyte
      // uncompressed.
      const member = gzipSync(Buffer.alloc(MEGABYTE, '#'));
      response.writeHead(200, { ...good, 'Content-Encoding': 'gzip' });
      return pour(response, member, 1024 * member.length);
    }
    case 'cut-off':
      response.writeHead(200, { ...good, 'Content-Length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'redirect':
      return whole(302, { Location: '/login', 'Content-Type': 'text/html' }, PAGE);
    case 'html':
      return whole(200, { 'Content-Type': 'text/html; charset=utf-8' }, PAGE);
    case 'not-found':
      return whole(404, {}, '');
    case 'server-error':
      return whole(500, { 'Content-Type': 'text/plain' }, 'boom\n');
    case 'unauthorized':
      return whole(401, { 'WWW-Authenticate': 'Basic realm="falco"' }, '');
    case 'content-type':
      return whole(200, { 'Content-Type': 'application/octet-stream' }, text);
    case 'binary':
      return whole(200, good, Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 197 + (i >> 3)) & 0xff)));
    default:
      return whole(200, good, text);
  }
}
