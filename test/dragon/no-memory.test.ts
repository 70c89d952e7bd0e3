// serial
/** What happens when /dev/shm is full: nothing is lost, and the run goes on without Dragon. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DragonConnection } from '../../src/dragon/connection.ts';
import { findDragon } from '../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../src/dragon/runtime.ts';
import { DragonTransport } from '../../src/dragon/transport.ts';
import { Rooms } from '../../src/store/rooms.ts';
import { blockOf, bytesBehind, closeReferenced, ownValue } from '../../src/store/shared-values.ts';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { ticketIn } from '../../src/values/referenced.ts';
import { connectionPair } from '../support/channel-pair.ts';
import { TestRuntime } from '../support/dragon/runtime.ts';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { Inbox } from '../support/inbox.ts';
import { rejection } from '../support/rejection.ts';
import { waitUntil } from '../support/wait-until.ts';

const MIB = 2 ** 20;
const FILLER = '/dev/shm/filler';
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT' } as const;
const codec = new ValueCodec();

/** A value of about so many bytes, encoded where a thread would encode it. */
function encoded(fill: number, bytes: number): Uint8Array {
  const rooms = new Rooms();
  return rooms.sealed(codec.encode(new Uint8Array(bytes).fill(fill), { ...OPTIONS, allocate: rooms.allocate }));
}

function takeAllMemory(): void {
  const { bavail, bsize } = statfsSync('/dev/shm');
  writeFileSync(FILLER, new Uint8Array(bavail * bsize));
}

await inDragonSandbox(import.meta, async () => {
  const server = await TestRuntime.start();
  const logs: string[] = [];
  const log = (_level: string, text: string): void => void logs.push(text);
  const runtime = await DragonRuntime.join({ library: findDragon().library, token: server.token, log });
  execFileSync('mount', ['-o', 'remount,size=256m', '/dev/shm']); // Dragon does not start with so little
  const transport = new DragonTransport(new StreamTransport(newSecret()), {
    current: () => runtime,
    ready: async () => {},
  });
  const test = suite('a /dev/shm that is full');

  test("a pool for which there is no room is refused, with Dragon's own words", async () => {
    const { message } = await rejection(runtime.keepValues(2 ** 30), 'ERR_DRAGON');
    assert.match(message, /Cannot make a pool of 1073741824 bytes: DRAGON_OUT_OF_SPACE\n/);
    assert.not(runtime.keepsValues);
    await runtime.keepValues(64 * MIB);
  });

  test('values go to other memory, whole, and to the pool again when there is room', () => {
    takeAllMemory();
    for (const make of [
      () => encoded(7, 5 * MIB),
      () => ownValue(codec.encode(new Uint8Array(5 * MIB).fill(7), OPTIONS)),
    ]) {
      const reference = make();
      assert.is(ticketIn(reference).kind, 'memory');
      assert.ok((codec.decode(reference) as Uint8Array).every((byte) => byte === 7));
      closeReferenced(blockOf(reference));
    }
    rmSync(FILLER);
    const reference = encoded(7, 5 * MIB);
    assert.is(ticketIn(reference).kind, 'pool');
    assert.is(bytesBehind(reference).at(-1), 7);
    closeReferenced(blockOf(reference));
  });

  test('packets whose memory is missing go through sockets, and none is lost', async () => {
    const [near, far] = (await connectionPair(transport)) as [DragonConnection, DragonConnection];
    await waitUntil(() => near.path === 'dragon' && far.path === 'dragon');
    const inbox = new Inbox(far);
    new Inbox(near);
    takeAllMemory();
    for (let i = 0; i < 20; i++) near.send([new Uint8Array(MIB).fill(i)]);
    for (let i = 0; i < 20; i++) {
      const packet = await inbox.next();
      assert.ok(packet.byteLength === MIB && packet.every((byte) => byte === i), `packet ${i}`);
    }
    assert.equal([near.path, far.path], ['socket', 'socket']);
    const warning =
      'goes on without DragonHPC, through sockets: Cannot use memory of Dragon: there is no memory left in /dev/shm';
    assert.ok(
      logs.some((text) => text.startsWith(warning)),
      logs.join('\n'),
    );
    near.destroy();
  });

  test('leaves nothing behind', async () => {
    rmSync(FILLER);
    await runtime.leave();
    await server[Symbol.asyncDispose]();
    assert.equal(readdirSync('/dev/shm'), []);
  });

  test.run();
});
