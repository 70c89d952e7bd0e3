/** What every kind of executor must do, shown on a whole cluster with one worker. */
import { spawn, spawnSync } from 'node:child_process';
import { Client, currentTask, hasCode, perWorker } from 'rolecall';
import { InprocCluster } from 'rolecall/testing';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorOf } from '../../client/support.ts';
import { isLiving } from '../../support/living.ts';
import { waitUntil } from '../../support/wait-until.ts';

export interface Context {
  cluster: InprocCluster;
  client: Client;
}

/** The tests that both have in common; `test.run()` is left to the caller, who may add some of its own. */
export function executorCompliance(executor: 'threads' | 'processes'): Test<Context> {
  const test = suite<Context>(`tasks in ${executor}`);
  test.before(async (context) => {
    context.cluster = await InprocCluster.start({ slots: 2, executor, heapMb: 64 });
    context.client = new Client(context.cluster);
    await context.client.waitForWorkers(1);
  });
  test.after(async ({ client, cluster }) => {
    await client.close();
    await cluster[Symbol.asyncDispose]();
  });
  addRunning(test);
  addFailing(test);
  addStopping(test);
  addOutput(test);
  addState(test);
  addProcesses(test);
  return test;
}

function addRunning(test: Test<Context>): void {
  test('many short tasks give their results in order', async ({ client }) => {
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    assert.equal(
      await client.map((x: number) => 2 * x, numbers),
      numbers.map((x) => 2 * x),
    );
  });

  test('values of some megabytes come and go whole', async ({ client }) => {
    const big = client.scatter(new Float64Array(500_000).fill(0.5));
    const halves = client.submit((xs: Float64Array) => xs.map((x) => x / 2), big);
    const result = await halves;
    assert.is(result.length, 500_000);
    assert.ok(result.every((x) => x === 0.25));
  });

  test('tasks of one batch that fail leave the others alone', async ({ client }) => {
    const odd = (x: number): number => {
      if (x % 2 === 0) throw new RangeError(`even ${x}`);
      return x;
    };
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    const statuses = client.map(odd, numbers);
    for (const x of numbers) {
      if (x % 2 === 1) assert.is(await statuses[x], x);
      else assert.instance(await errorOf(statuses[x] as PromiseLike<number>), RangeError);
    }
  });
}

function addFailing(test: Test<Context>): void {
  test('process.exit fails its task alone, and the slot comes back', async ({ client }) => {
    const some = client.map((x: number) => (x === 3 ? process.exit(7) : x), [0, 1, 2, 3, 4, 5]);
    const error = await errorOf(some[3] as PromiseLike<number>);
    assert.ok(hasCode(error, 'ERR_TASK_EXITED'), String(error));
    assert.match((error as Error).message, /process\.exit\(7\) was called/);
    for (const x of [0, 1, 2, 4, 5]) assert.is(await some[x], x);
  });

  test('a task over the heap limit fails with ERR_TASK_OUT_OF_MEMORY, and the worker goes on', async ({ client }) => {
    const error = await errorOf(
      client.submit(() => {
        const kept: number[][] = [];
        for (;;) kept.push(new Array(10_000).fill(kept.length));
      }),
    );
    assert.ok(hasCode(error, 'ERR_TASK_OUT_OF_MEMORY'), String(error));
    assert.match((error as Error).message, /64 MiB/);
    assert.is(await client.submit(() => 1), 1);
  });

  test('an error in a timer of a task that has ended fails no other task', async ({ client }) => {
    const said = await outputOf(async () => {
      const first = client.submit(() => void setTimeout(() => assert.unreachable('from a timer'), 30));
      await first;
      const others = client.map((ms: number) => new Promise((done) => setTimeout(done, ms, ms)), [40, 50, 60, 70]);
      assert.equal(await others, [40, 50, 60, 70]);
    }, /from a timer/);
    assert.match(said, /an error after the end of the task/);
  });

  test('an error thrown outside the promise of a task fails that task', async ({ client }) => {
    const task = (): Promise<never> => new Promise(() => setTimeout(() => assert.unreachable('beside'), 1));
    const error = await errorOf(client.submit(task));
    assert.match((error as Error).message, 'beside');
  });
}

function addStopping(test: Test<Context>): void {
  test('a cancelled task gets its signal and may end by itself', async ({ client }) => {
    const said = await outputOf(async () => {
      const future = client.submit(async () => {
        const { signal } = currentTask();
        process.stdout.write('waits\n');
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
        process.stdout.write(`stopped: ${signal.reason.code}\n`);
      });
      await outputOf(async () => {}, /waits/);
      future.cancel();
    }, /stopped: ERR_CANCELLED/);
    assert.match(said, 'stopped: ERR_CANCELLED');
  });

  test('a cancelled task that does not stop is ended with its slot', async ({ client }) => {
    const future = client.submit(() => {
      process.stdout.write('spins\n');
      for (;;);
    });
    await outputOf(async () => {}, /spins/);
    future.cancel();
    const both = client.map((ms: number) => new Promise((done) => setTimeout(done, ms, process.pid)), [50, 50]);
    assert.is((await both).length, 2);
  });

  test('a task over its time fails with ERR_DEADLINE and is tried again', async ({ client }) => {
    const stuck = (): Promise<number> => (currentTask().attempt === 0 ? new Promise(() => {}) : Promise.resolve(5));
    assert.is(await client.with({ timeoutMs: 1000, retries: 3 }).submit(stuck), 5);
    const error = await errorOf(client.with({ timeoutMs: 100 }).submit(() => new Promise(() => {})));
    assert.ok(hasCode(error, 'ERR_DEADLINE'), String(error));
  });
}

function addOutput(test: Test<Context>): void {
  test('what a task prints is there before its result, and names it', async ({ client }) => {
    for (let i = 0; i < 10; i++) {
      let atResult = '';
      const said = await outputOf(
        async (soFar) => {
          await client.with({ name: 'teller' }).submit((n: number) => console.log(`tells ${n}`), i);
          atResult = soFar();
        },
        new RegExp(`tells ${i}`),
      );
      assert.match(said, `[2 teller] tells ${i}`);
      assert.is(atResult, said);
    }
  });

  test('a task that imports as it runs prints no warning', async ({ client }) => {
    const said = await outputOf(async () => {
      await client.submit(async () => {
        console.log(`imports ${(await import('node:os')).EOL.length}`);
        await new Promise((done) => setTimeout(done, 20));
      });
    }, /imports 1/);
    assert.not.match(said, 'Warning');
  });

  test('output of many megabytes arrives whole and in order', async ({ client }) => {
    const said = await outputOf(async () => {
      await client.submit(() => {
        for (let i = 0; i < 4000; i++) console.log(`${i} ${'x'.repeat(1000)}`);
      });
    }, /3999 x+\n/);
    const numbers = [...said.matchAll(/ (\d+) x{1000}\n/g)].map((match) => Number(match[1]));
    assert.is(numbers.length, 4000);
    assert.ok(numbers.every((number, i) => number === i));
  });
}

function addState(test: Test<Context>): void {
  test('perWorker makes its state once in each slot', async ({ client }) => {
    const state = perWorker(() => ({ made: Math.random(), used: 0 }));
    const use = async (_: number): Promise<{ made: number; used: number }> => {
      const mine = state.get();
      mine.used++;
      await new Promise((done) => setTimeout(done, 2));
      return { ...mine };
    };
    const uses = await client.map(
      use,
      Array.from({ length: 20 }, (_, i) => i),
    );
    const slots = new Set(uses.map(({ made }) => made));
    assert.ok(slots.size <= 2, `${slots.size} states`);
    assert.is(Math.max(...uses.map(({ used }) => used)) >= 10, true);
    const again = await client.submit(() => ({ ...state.get() })); // another function, the same state
    assert.ok(slots.has(again.made));
  });

  test('perWorker tries again after a failure, also of a promise', async ({ client }) => {
    const flaky = perWorker(async () => {
      const globals = globalThis as { tries?: number };
      globals.tries = (globals.tries ?? 0) + 1;
      if (globals.tries === 1) throw new RangeError('not yet');
      return globals.tries;
    });
    const task = async (): Promise<number> => {
      await errorOfCall(() => flaky.get());
      return flaky.get();
    };
    async function errorOfCall(call: () => Promise<unknown>): Promise<unknown> {
      return call().catch((error: unknown) => error);
    }
    assert.is(await client.submit(task), 2);
  });
}

function addProcesses(test: Test<Context>): void {
  test('what a task starts ends with the task, by whichever function, group and session', async ({ client }) => {
    const pids = await client.submit(() => {
      const started = [
        spawn('sleep', ['100']),
        spawn('sleep', ['101'], { detached: true, env: { PATH: '/usr/bin:/bin' } }),
      ];
      const shell = 'sleep 102 >/dev/null 2>&1 & echo $!; (setsid sh -c "sleep 103 >/dev/null 2>&1 & echo \\$!")';
      const { stdout } = spawnSync('sh', ['-c', shell], { encoding: 'utf8' });
      return [...started.map((child) => child.pid as number), ...stdout.trim().split('\n').map(Number)];
    });
    assert.is(pids.length, 4);
    await waitUntil(() => !pids.some(isLiving));
  });

  test('what a task starts lives while the task does', async ({ client }) => {
    const [pid, wasLiving] = await client.submit(async () => {
      const child = spawn('sleep', ['100']);
      await new Promise((done) => setTimeout(done, 200));
      return [child.pid as number, child.exitCode === null && child.signalCode === null] as const;
    });
    assert.ok(wasLiving);
    await waitUntil(() => !isLiving(pid));
  });

  test('what ignores SIGTERM is killed', async ({ client }) => {
    const pid = await client.submit(async () => {
      const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done']);
      await new Promise((done) => child.stdout.once('data', done));
      return child.pid as number;
    });
    assert.ok(isLiving(pid));
    await waitUntil(() => !isLiving(pid));
  });

  test('what a cancelled task started ends with its slot', async ({ client }) => {
    const future = client.submit(() => {
      const child = spawn('sleep', ['100'], { detached: true });
      process.stdout.write(`child ${child.pid} of a task\n`);
      for (;;);
    });
    const said = await outputOf(async () => {}, /child \d+ of/);
    const pid = Number(said.match(/child (\d+)/)?.[1]);
    assert.ok(isLiving(pid));
    future.cancel();
    await waitUntil(() => !isLiving(pid));
  });
}

/** What is printed at the client, from the start of `during` until it has ended and something matches. */
export async function outputOf(during: (soFar: () => string) => Promise<void>, until: RegExp): Promise<string> {
  const targets = [process.stdout, process.stderr];
  const writes = targets.map((target) => target.write);
  let said = '';
  const keep = (chunk: string | Uint8Array): boolean => {
    said += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  for (const target of targets) target.write = keep as typeof target.write;
  try {
    await during(() => said);
    await waitUntil(() => until.test(said));
  } finally {
    targets.forEach((target, i) => {
      target.write = writes[i] as typeof target.write;
    });
  }
  return said;
}
