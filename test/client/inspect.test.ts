import { inspect } from 'node:util';
import { Client, LocalRunner } from 'rolecall';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('what console.log shows of a runner, a client and futures: what one asks for, and never the key', async () => {
  await using runner = new LocalRunner({ nWorkers: 1 });
  await using client = new Client(runner);
  const double = (x: number): number => 2 * x;
  const one = client.submit(double, 1);
  const many = client.map(double, [1, 2]);
  await client.wait([one]);
  await many;
  const [address] = runner.schedulerAddresses;
  const shown = `LocalRunner { role: 'client', rank: 1, worldSize: 3, nWorkers: 1, schedulerAddresses: [ '${address}' ] }`;
  assert.is(inspect(runner, { breakLength: 200 }), shown);
  assert.is(inspect(client.with({ retries: 2 })), 'Client { retries: 2 }');
  assert.is(inspect({ one }), "{ one: Future { name: 'double', status: 'finished' } }");
  assert.match(inspect(many), /^FutureArray\(2\) \{\n? *name: 'double',\s+pending: 0,\s+finished: 2/);
  const { secret } = runner.contact;
  assert.type(secret, 'string');
  const everything = [inspect(runner, { depth: 9, showHidden: true }), JSON.stringify(runner), inspect(client)].join();
  assert.not.ok(everything.includes(secret as string), 'the key is shown');
});

test.run();
