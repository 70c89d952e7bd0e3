import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { within } from '../support/within.ts';

const JOB = new URL('./jobs/pmi.ts', import.meta.url).pathname;
const test = suite('Pmi1');

/** A process as `mpiexec` starts it, where this test answers instead of the launcher; `answers` are by command. */
async function withStandIn(answers: Record<string, string | null>, ...words: readonly string[]): Promise<string> {
  const env = { ...process.env, PMI_FD: '3', PMI_RANK: '0', PMI_SIZE: '1' };
  const child = spawn(process.execPath, [JOB, ...words], { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const server = child.stdio[3] as Duplex;
  const stored = new Map<string, string>();
  let unread = '';
  server.on('data', (bytes: Buffer) => {
    const lines = (unread + bytes.toString()).split('\n');
    unread = lines.pop() as string;
    for (const line of lines) {
      const answer = answerTo(line, answers, stored);
      if (answer === 'close') server.destroy();
      else if (answer !== null) server.write(answer);
    }
  });
  server.on('error', () => {});
  let out = '';
  child.stdout?.on('data', (text) => {
    out += text;
  });
  await within(new Promise((resolve) => child.on('close', resolve)), `the end of ${words}`);
  return out;
}

function answerTo(line: string, answers: Record<string, string | null>, stored: Map<string, string>): string | null {
  const [, command = '', key, value] = line.match(/^cmd=(\w+)(?:.* key=(\S+))?(?: value=(\S+))?/) ?? [];
  const given = answers[command];
  if (given !== undefined) return given;
  if (command === 'put') stored.set(key as string, value as string);
  const usual: Record<string, string> = {
    init: 'cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0',
    get_maxes: 'cmd=maxes kvsname_max=256 keylen_max=64 vallen_max=64',
    get_my_kvsname: 'cmd=my_kvsname kvsname=kvs_1',
    put: 'cmd=put_result rc=0 msg=success',
    barrier_in: 'cmd=barrier_out',
    get: `cmd=get_result rc=0 msg=success value=${stored.get(key ?? '')}`,
    finalize: 'cmd=finalize_ack',
  };
  return `${usual[command]}\n`;
}

test('texts that are longer than a value may be arrive whole, in a constructor and in an event loop', async () => {
  for (const how of ['sync', 'async']) {
    assert.is(await withStandIn({}, how, '5000'), 'rank 0 of 1 read 1 right texts in kvs_1\n');
  }
});

test('says what it waited for, when nobody answers', async () => {
  for (const how of ['sync', 'async']) {
    const out = await withStandIn({ barrier_in: null }, how, '10', '150');
    assert.is(out, 'ERR_DEADLINE: Waited 150 ms for the other ranks, in vain\n');
  }
});

test('says what the launcher answered, when that is wrong, a refusal, endless, or nothing any more', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ init: 'hello\n' }, /to init it answered "hello", expected response_to_init/],
    [{ init: 'cmd=response_to_init rc=-1\n' }, /it refused init pmi_version=1 .*rc=-1/],
    [{ get_maxes: 'x'.repeat(40_000) }, /to get_maxes it answered more than 16384 bytes/],
    [{ barrier_in: 'close' }, /it closed the connection instead of an answer to barrier_in/],
    [{ get: 'cmd=get_result rc=-1 msg=key_not_found value=unknown\n' }, /it refused get kvsname=kvs_1 key=from-0/],
  ];
  for (const [answers, expected] of cases) {
    const out = await withStandIn(answers, 'sync');
    assert.match(out, /^ERR_RENDEZVOUS: Cannot meet through the launcher's PMI: /);
    assert.match(out, expected);
    assert.match(out, 'Pass a "directory"');
  }
});

test('a descriptor that is none', async () => {
  const env = { ...process.env, PMI_FD: '77', PMI_RANK: '0', PMI_SIZE: '1' };
  const child = spawn(process.execPath, [JOB, 'sync'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [out] = await within(child.stdout.toArray(), 'what it prints');
  assert.match(String(out), /ERR_RENDEZVOUS: .*descriptor 77 \(PMI_FD\) cannot be used/);
});

const HYDRA = { programs: ['mpiexec.hydra'], packages: 'mpich' };
test(
  ...needing(HYDRA, 'four ranks of the real mpiexec.hydra read what all of them stored', async () => {
    const words = ['-n', '4', process.execPath, JOB, 'sync', '3000'];
    const child = spawn('mpiexec.hydra', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const out = Buffer.concat(await within(child.stdout.toArray(), 'what they print')).toString();
    const ranks = [...out.matchAll(/rank (\d) of 4 read 4 right texts in (kvs_\S+)/g)];
    assert.equal(ranks.map((match) => match[1]).sort(), ['0', '1', '2', '3'], out);
    assert.is(new Set(ranks.map((match) => match[2])).size, 1);
  }),
);

test.run();
