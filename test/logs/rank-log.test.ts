import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LogFeed } from '../../src/logs/log-feed.ts';
import { RankLog } from '../../src/logs/rank-log.ts';
import type { LogRecord } from '../../src/protocol/log-record.ts';

const test = suite<{ folder: string; printed: string[] }>('RankLog');
const { write } = process.stderr;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'log-'));
  context.printed = [];
  process.stderr.write = (text: string | Uint8Array): boolean => context.printed.push(String(text)) > 0;
});
test.after.each(({ folder }) => {
  process.stderr.write = write;
  rmSync(folder, { recursive: true });
});

function newLog(level: 'debug' | 'warn' | 'error', directory?: string): { log: RankLog; texts: string[] } {
  const log = new RankLog({ rank: '3', role: 'worker', level, directory });
  const texts: string[] = [];
  log.follow((record) => texts.push(record.text));
  return { log, texts };
}

test('records and prints what is not less than its level', ({ printed }) => {
  const { log, texts } = newLog('warn');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(level, `a ${level}`);
  assert.equal(texts, ['a warn', 'a error']);
  assert.is(printed.length, 2);
  assert.match(printed[0] as string, /^rolecall: rank 3 \(worker on .+\): a warn\n$/);
});

test('with a folder, prints warnings alone and writes all, where only its owner can read it', ({ folder, printed }) => {
  const directory = join(folder, 'logs');
  newLog('debug', directory).log.write('debug', 'one\ntwo');
  newLog('debug', directory).log.write('warn', 'three');
  assert.is(printed.length, 1);
  const file = join(directory, 'rank-3.jsonl');
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ level, rank, role, msg }) => [level, rank, role, msg]),
    [
      [20, '3', 'worker', 'one\ntwo'],
      [40, '3', 'worker', 'three'],
    ],
  );
  assert.is(statSync(file).mode & 0o777, 0o600);
});

test('a text that is too long is cut', ({ folder }) => {
  const { log, texts } = newLog('error', folder);
  log.write('error', 'x'.repeat(1_000_000));
  assert.is(texts[0]?.length, 10_000);
});

test('LogFeed keeps the latest for who comes later, and no more than a thousand', () => {
  const feed = new LogFeed();
  const record = (text: string): LogRecord => ({ time: 0, level: 'info', rank: '0', role: '', host: '', pid: 1, text });
  for (let i = 0; i < 1500; i++) feed.add(record(String(i)));
  const texts: string[] = [];
  const stop = feed.follow(({ text }) => texts.push(text));
  feed.add(record('new'));
  stop();
  feed.add(record('unheard'));
  assert.equal([texts.length, texts[0], texts.at(-1)], [1001, '500', 'new']);
});

test.run();
