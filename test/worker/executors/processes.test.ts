import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from 'rolecall';
import * as assert from 'uvu/assert';
import { errorOf } from '../../client/support.ts';
import { isLiving } from '../../support/living.ts';
import { executorCompliance, outputOf } from './compliance.ts';

const test = executorCompliance('processes');

test('each slot is a process of its own, and not the worker', async ({ client }) => {
  const pids = new Set<number>();
  // One of them may still be starting, and the other do all the work.
  for (let round = 0; round < 100 && pids.size < 2; round++) {
    const work = (ms: number) => new Promise<number>((done) => setTimeout(done, ms, process.pid));
    for (const pid of await client.map(work, [50, 50])) pids.add(pid);
  }
  assert.is(pids.size, 2);
  assert.not(pids.has(process.pid));
});

test('a task may change directory and umask; the next finds them as they were', async ({ client }) => {
  const folder = tmpdir();
  const move = (to: string): string => {
    process.chdir(to);
    process.umask(0o077);
    return process.cwd();
  };
  const look = (_: number): [string, number] => [process.cwd(), process.umask()];
  assert.is(await client.submit(move, folder), folder);
  const mask = process.umask(0);
  process.umask(mask);
  for (const seen of await client.map(look, [1, 2, 3, 4])) assert.equal(seen, [process.cwd(), mask]);
});

test('a segmentation fault costs one attempt of one task', async ({ client }) => {
  const file = join(tmpdir(), 'crashed-once');
  const crashOnce = async (x: number, mark: string): Promise<number> => {
    const { existsSync, writeFileSync } = await import('node:fs');
    if (x === 2 && !existsSync(mark)) {
      writeFileSync(mark, String(process.pid));
      process.kill(process.pid, 'SIGSEGV');
      await new Promise((done) => setTimeout(done, 5000));
    }
    return x;
  };
  const numbers = [0, 1, 2, 3, 4, 5];
  assert.equal(await client.with({ retries: 1 }).map(crashOnce, numbers, file), numbers);
  assert.not(isLiving(Number(readFileSync(file, 'utf8'))));
  rmSync(file);
});

test('a crash without a further attempt fails with ERR_TASK_CRASHED, and says how', async ({ client }) => {
  const some = client.map((x: number) => (x === 1 ? process.abort() : x), [0, 1, 2]);
  const error = await errorOf(some[1] as PromiseLike<number>);
  assert.ok(hasCode(error, 'ERR_TASK_CRASHED'), String(error));
  assert.match((error as Error).message, /crashed its process: it was ended by SIG(ABRT|TRAP|ILL)/);
  assert.is(await some[0], 0);
  assert.is(await some[2], 2);
});

test('what a program prints to the inherited output is seen as output of the task', async ({ client }) => {
  const said = await outputOf(async () => {
    await client.with({ name: 'native' }).submit(async () => {
      const { spawn } = await import('node:child_process');
      await new Promise((done) => spawn('echo', ['from', 'echo'], { stdio: 'inherit' }).on('exit', done));
      await new Promise((done) => setTimeout(done, 50));
    });
  }, /from echo/);
  assert.match(said, '[2 native] from echo');
});

test.run();
