import { currentTask, hasCode, RolecallError } from 'rolecall';
import * as assert from 'uvu/assert';
import { clusterSuite, errorOf } from './support.ts';

const test = clusterSuite('Future');

class OutOfFuel extends Error {
  readonly litres: number;
  constructor(message: string, litres: number) {
    super(message, { cause: new Error('leak') });
    this.litres = litres;
  }
}

test('is pending, then finished; can be awaited more than once', async ({ client }) => {
  const future = client.submit(() => 'value');
  assert.is(future.status, 'pending');
  assert.is(await future, 'value');
  assert.is(future.status, 'finished');
  assert.is(await future, 'value');
});

test("rejects with the user's own class, its properties, cause and stack, and with the task's facts", async ({
  client,
}) => {
  const future = client.with({ workers: 3 }).submit(function refuel(litres: number): never {
    throw new OutOfFuel('empty', litres);
  }, 7);
  const error = (await errorOf(future)) as OutOfFuel & { readonly task: unknown };
  assert.instance(error, OutOfFuel);
  assert.is(error.message, 'empty');
  assert.is(error.litres, 7);
  assert.is((error.cause as Error).message, 'leak');
  assert.match(error.stack ?? '', /refuel .*future\.test\.ts:\d+:\d+/);
  assert.equal(error.task, { name: 'refuel', worker: '3', attempt: 0 });
  assert.is(future.status, 'error');
});

test('brings what is thrown that is no error', async ({ client }) => {
  assert.is(await errorOf(client.submit(() => Promise.reject('just text'))), 'just text');
});

test('fails what depends on it with the same error, naming the task that failed', async ({ client }) => {
  const bad = client.with({ name: 'bad' }).submit((): number => {
    throw new RangeError('first');
  });
  const next = client.submit((x: number) => x, bad);
  const error = (await errorOf(client.submit((x: number) => x, next))) as RangeError & { task: { name: string } };
  assert.instance(error, RangeError);
  assert.is(error.task.name, 'bad');
});

test('result() gives up after timeoutMs while the task goes on', async ({ client }) => {
  const future = client.submit(() => new Promise((resolve) => setTimeout(resolve, 300, 'late')));
  assert.ok(hasCode(await errorOf(future.result({ timeoutMs: 20 })), 'ERR_DEADLINE'));
  assert.is(await future.result(), 'late');
});

test('cancel() fires the signal of a running task', async ({ client }) => {
  const future = client.submit(
    () =>
      new Promise((_, reject) => {
        currentTask().signal.addEventListener('abort', () => reject(new Error('told')));
        console.log('started');
      }),
  );
  const started = new Promise((resolve) => setTimeout(resolve, 100));
  await started;
  future.cancel();
  assert.is(future.status, 'cancelled');
  assert.ok(hasCode(await errorOf(future), 'ERR_CANCELLED'));
  assert.is(await client.submit(() => 1), 1);
});

test('cancel() ends a task that does not listen, and what depends on it', async ({ client }) => {
  const future = client.submit((): number => {
    for (;;);
  });
  const next = client.submit((x: number) => x, future);
  future.cancel();
  assert.ok(hasCode(await errorOf(next), 'ERR_CANCELLED'));
  assert.equal(await client.map((x: number) => x, [1, 2, 3, 4]), [1, 2, 3, 4]);
});

test('retry() runs a failed task again', async ({ client }) => {
  const future = client.submit(() => {
    const { attempt } = currentTask();
    if (attempt === 0) throw new Error('not yet');
    return attempt;
  });
  await errorOf(future);
  future.retry();
  assert.is(await future, 1);
});

test('retry() runs what made it fail as well', async ({ client }) => {
  const first = client.submit(() => {
    if (currentTask().attempt === 0) throw new Error('not yet');
    return 20;
  });
  const second = client.submit((x: number) => x + 1, first);
  await errorOf(second);
  second.retry();
  assert.is(await second, 21);
});

test('release() makes any further use an error', async ({ client }) => {
  const future = client.submit(() => 1);
  await future;
  future.release();
  assert.is(future.status, 'released');
  assert.ok(
    hasCode(
      await errorOf(client.submit(() => 1).then(() => client.submit((x: number) => x, future))),
      'ERR_FUTURE_RELEASED',
    ),
  );
});

test('release() rejects whoever still waits', async ({ client }) => {
  const future = client.submit(() => new Promise((resolve) => setTimeout(resolve, 10_000)));
  const waiting = errorOf(future);
  future.release();
  assert.ok(hasCode(await waiting, 'ERR_FUTURE_RELEASED'));
});

test('using releases at the end of the block', async ({ client }) => {
  let kept: { status: string } | undefined;
  {
    using future = client.submit(() => 1);
    await future;
    kept = future;
  }
  assert.is(kept.status, 'released');
});

test('onDone() is called once, for a value and for an error', async ({ client }) => {
  const statuses: string[] = [];
  const seen = (status: string): unknown => statuses.push(status);
  await new Promise<void>((resolve) => {
    client.submit(() => 1).onDone((future) => resolve(void seen(future.status)));
  });
  await new Promise<void>((resolve) => {
    client.submit(() => Promise.reject(new Error('x'))).onDone((future) => resolve(void seen(future.status)));
  });
  assert.equal(statuses, ['finished', 'error']);
});

test('retries of with() count attempts', async ({ client }) => {
  const attempts = client.with({ retries: 2 }).submit(() => {
    const { attempt } = currentTask();
    if (attempt < 2) throw new Error('again');
    return attempt;
  });
  assert.is(await attempts, 2);
});

test('timeoutMs of with() fails a task that runs longer, and stops it', async ({ client }) => {
  const future = client.with({ timeoutMs: 50 }).submit(() => {
    for (;;);
  });
  assert.ok(hasCode(await errorOf(future), 'ERR_DEADLINE'));
  assert.is(await client.submit(() => 1), 1);
});

test('process.exit in a task costs the task only', async ({ client }) => {
  assert.ok(hasCode(await errorOf(client.submit(() => process.exit(3))), 'ERR_TASK_EXITED'));
  assert.is(await client.submit(() => 1), 1);
});

test('a late error of one task does not fail another', async ({ client }) => {
  const other = client.with({ workers: 2 });
  await other.submit(() => {
    setTimeout(() => {
      throw new Error('late');
    }, 20);
  });
  assert.is(await other.submit(() => new Promise((resolve) => setTimeout(resolve, 80, 'fine'))), 'fine');
});

test('an error that a task throws outside its promise fails that task', async ({ client }) => {
  const future = client.submit(
    () =>
      new Promise(() => {
        setTimeout(() => {
          throw new RangeError('mine');
        }, 10);
      }),
  );
  assert.instance(await errorOf(future), RangeError);
});

test('with() names the nearest of an unknown option', ({ client }) => {
  assert.throws(() => client.with({ retires: 3 } as never), /no option "retires"\. Did you mean "retries"\?/);
  assert.throws(
    () => client.with({ retries: -1 }),
    (error: unknown) => error instanceof RolecallError && error.code === 'ERR_INVALID_OPTION',
  );
});

test.run();
