import { Client, hasCode, LocalRunner } from 'rolecall';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorOf } from './support.ts';

test('when every worker is gone, tasks fail instead of waiting, those submitted later too', async () => {
  await using runner = new LocalRunner({ nWorkers: 1, workerOptions: { slots: 1 } });
  await using client = new Client(runner);
  await client.waitForWorkers(1);
  const pid = client.workers[0]?.pid as number;
  const running = errorOf(client.submit(() => new Promise(() => {})));
  await client
    .submit(() => 1)
    .result({ timeoutMs: 1 })
    .catch(() => {}); // the first task is on its way
  process.kill(pid, 'SIGKILL');
  assert.ok(hasCode(await running, 'ERR_NO_WORKERS'));
  assert.ok(hasCode(await errorOf(client.submit(() => 1)), 'ERR_NO_WORKERS'));
});

test('a client that was closed says so, whatever is asked of it', async () => {
  await using runner = new LocalRunner({ nWorkers: 1 });
  const client = new Client(runner);
  const pending = errorOf(client.submit(() => new Promise(() => {})));
  await client.waitForWorkers(1);
  await client.close();
  assert.ok(hasCode(await pending, 'ERR_CLIENT_CLOSED'));
  assert.throws(
    () => client.submit(() => 1),
    (error: unknown) => hasCode(error, 'ERR_CLIENT_CLOSED'),
  );
  await client.close();
});

test.run();
