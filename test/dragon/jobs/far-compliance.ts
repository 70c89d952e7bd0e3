/**
 * The compliance suite of transports between two nodes, over a runtime of Dragon that is on both: rank 0 runs it, rank 1 is the other
 * end of every connection.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DragonConnection } from '../../../src/dragon/connection.ts';
import { type DragonContact, joinRuntime, leaveRuntime, ownRuntime } from '../../../src/dragon/membership.ts';
import { provideRuntime } from '../../../src/dragon/provide-runtime.ts';
import { DragonTransport } from '../../../src/dragon/transport.ts';
import { newSecret } from '../../../src/transport/security.ts';
import { StreamTransport } from '../../../src/transport/stream.ts';
import type { Connection } from '../../../src/transport/transport.ts';
import { type AnyChannel, openChannel } from '../../support/channel-pair.ts';
import { type FarConnection, FarTransport, serveFarSide } from '../../support/dragon/far-transport.ts';
import { Inbox } from '../../support/inbox.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { within } from '../../support/within.ts';
import { transportCompliance } from '../../transport/compliance.ts';

/** In the working directory, which both ranks share. */
const NOTE = 'far-side.json';
/** Of rank 0's node, where it is reached from the other. */
const HOST = '10.9.0.1';
/** A message takes milliseconds here. */
const MANY = 500;
const OPTIONS = { betweenNodes: 'always', log: (_level: string, text: string) => console.log(text) } as const;

interface Note {
  readonly contact: DragonContact;
  readonly secret: string;
  readonly address: string;
}

if (process.env['SLURM_PROCID'] === '0') await drive();
else await serve();

async function drive(): Promise<void> {
  const runtime = await provideRuntime(OPTIONS, 110_000);
  const secret = newSecret();
  const stream = new StreamTransport(secret);
  const caller = Promise.withResolvers<Connection>();
  const listener = await stream.listen({ hosts: [HOST] }, caller.resolve);
  const [address] = listener.addresses;
  writeFileSync(`${NOTE}.new`, JSON.stringify({ ...runtime, secret: Buffer.from(secret).toString('hex'), address }));
  renameSync(`${NOTE}.new`, NOTE);
  const channel = await openChannel(await within(caller.promise, 'rank 1', 60_000), 'rank 0');
  const transport = new FarTransport(new DragonTransport(stream, ownRuntime), [HOST], channel);
  testPath(transport);
  transportCompliance('DragonTransport between two nodes', () => transport, MANY);
  testKeeping(async () => {
    console.log(`\nruntime: ${JSON.stringify(runtime.contact)}`);
    await waitUntil(() => existsSync('gate'), 120_000);
    rmSync(NOTE);
    await channel.close();
    await listener.close();
    await runtime.end();
  });
}

function testPath(transport: FarTransport): void {
  const test = suite('DragonTransport between two nodes');

  test("packets go through Dragon's agents, both ways, and come whole and in order", async () => {
    const accepted = Promise.withResolvers<Connection>();
    const listener = await transport.listen({}, accepted.resolve);
    const near = (await transport.connect(listener.addresses[0] as string)) as FarConnection;
    const far = (await accepted.promise) as DragonConnection;
    const [nearInbox, farInbox] = [new Inbox(near), new Inbox(far)];
    await waitUntil(() => {
      near.askPath();
      return near.path === 'dragon' && far.path === 'dragon';
    });
    const texts = Array.from({ length: 100 }, (_, i) => String(i).padEnd(i * 1000, 'x'));
    for (const text of texts) {
      near.send([Buffer.from(text)]);
      far.send([Buffer.from(text)]);
    }
    assert.equal(await farInbox.texts(100), texts);
    assert.equal(await nearInbox.texts(100), texts);
    assert.is(far.path, 'dragon');
    near.destroy();
    await listener.close();
  });

  test.run();
}

function testKeeping(keep: () => Promise<void>): void {
  const test = suite('the runtime');
  test('is there for others', keep);
  test.run();
}

async function serve(): Promise<void> {
  await waitUntil(() => existsSync(NOTE), 115_000);
  const { contact, secret, address } = JSON.parse(readFileSync(NOTE, 'utf8')) as Note;
  await joinRuntime({ ...OPTIONS, contact });
  const stream = new StreamTransport(Buffer.from(secret, 'hex'));
  const channel: AnyChannel = await openChannel(await stream.connect(address), 'rank 1');
  await serveFarSide(channel, new DragonTransport(stream, ownRuntime));
  await leaveRuntime();
}
