import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasCode } from '../../src/errors.ts';
import { loadAddon } from '../../src/native/load.ts';
import {
  closeMemory,
  fillSealed,
  type MemoryTicket,
  mapMemory,
  openTicket,
  type SealedMemory,
  ticketOf,
  unmapMemory,
  writeSealed,
} from '../../src/native/memfd.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';
import { addonTest, descriptorsOf, mapsOf } from './support.ts';

const test = suite('sealed memory');
const withAddon = addonTest(test);
const PAGE = 4096;

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const textOf = (buffer: ArrayBuffer): string => Buffer.from(buffer).toString();

/** Checks that the body leaves neither a map nor a descriptor of this process. */
function leavingNothing(body: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    const descriptors = descriptorsOf('self');
    await body();
    assert.is(mapsOf('self'), 0, 'maps');
    await waitUntil(() => descriptorsOf('self') <= descriptors);
  };
}

/** The error code, and the end of the text, with which something fails. */
function failure(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    assert.ok(hasCode(error, 'ERR_SHARED_MEMORY'), String(error));
    return error.message;
  }
  throw new Error('It did not fail');
}

withAddon(
  'holds what was written, and can be changed by nobody',
  leavingNothing(() => {
    const memory = writeSealed([bytesOf('to be '), bytesOf(''), bytesOf('or not')]);
    assert.is(memory.bytes, 12);
    assert.throws(() => writeSync(memory.descriptor, 'x', 0), /EPERM/);
    assert.throws(() => ftruncateSync(memory.descriptor, 5), /EPERM/);
    assert.throws(() => ftruncateSync(memory.descriptor, 50), /EPERM/);
    const buffer = mapMemory(memory);
    assert.is(textOf(buffer), 'to be or not');
    unmapMemory(buffer);
    closeMemory(memory);
  }),
);

withAddon(
  'what is written into a map stays in it',
  leavingNothing(() => {
    const memory = writeSealed([bytesOf('original')]);
    const [mine, other] = [mapMemory(memory), mapMemory(memory)];
    new Uint8Array(mine).set(bytesOf('changed!'));
    assert.equal([textOf(mine), textOf(other)], ['changed!', 'original']);
    unmapMemory(mine);
    const again = mapMemory(memory);
    assert.is(textOf(again), 'original');
    for (const buffer of [other, again]) unmapMemory(buffer);
    closeMemory(memory);
  }),
);

withAddon(
  'unmapMemory detaches the buffer; a second time, or on any other buffer, it does nothing',
  leavingNothing(() => {
    const memory = writeSealed([new Uint8Array(3 * PAGE)]);
    const buffer = mapMemory(memory);
    const view = new Uint8Array(buffer);
    unmapMemory(buffer);
    assert.equal([buffer.byteLength, view.length, buffer.detached], [0, 0, true]);
    unmapMemory(buffer);
    const own = new ArrayBuffer(8);
    unmapMemory(own);
    assert.is(own.byteLength, 8);
    closeMemory(memory);
  }),
);

withAddon(
  'a buffer that was moved elsewhere keeps its memory, until that is collected',
  leavingNothing(async () => {
    const memory = writeSealed([bytesOf('moved')]);
    moveAndRead(memory);
    closeMemory(memory);
    await allCollected();
  }),
);

/** In a function of its own, so that nothing holds the buffers afterwards. */
function moveAndRead(memory: SealedMemory): void {
  const buffer = mapMemory(memory);
  const moved = buffer.transfer();
  unmapMemory(buffer);
  assert.is(textOf(moved), 'moved');
}

async function allCollected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await waitUntil(() => {
    collect();
    return mapsOf('self') === 0;
  });
}

withAddon(
  'a map outlives its descriptor',
  leavingNothing(() => {
    const memory = writeSealed([bytesOf('still here')]);
    const buffer = mapMemory(memory);
    closeMemory(memory);
    assert.is(textOf(buffer), 'still here');
    unmapMemory(buffer);
  }),
);

withAddon(
  'fillSealed fills in place; what it throws leaves nothing',
  leavingNothing(() => {
    const memory = fillSealed(2 * PAGE, (buffer) => new Uint8Array(buffer).fill(7, PAGE));
    const map = mapMemory(memory);
    assert.equal([new Uint8Array(map)[PAGE - 1], new Uint8Array(map)[PAGE]], [0, 7]);
    unmapMemory(map);
    closeMemory(memory);
    const broken = (): never => {
      throw new Error('no more');
    };
    assert.throws(() => fillSealed(PAGE, broken), 'no more');
  }),
);

withAddon('cannot be larger than the machine', () => {
  assert.match(
    failure(() => fillSealed(2 ** 50, () => {})),
    /Cannot keep 1125899906842624 bytes in shared memory: so much is not free/,
  );
});

/** A peer that opens what a ticket names, writes into its map, and answers with what it read; `null` lets all go. */
function startPeer(): ChildProcess {
  return fork(new URL('./peer.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function ask(peer: ChildProcess, ticket: MemoryTicket | null): Promise<unknown> {
  const answer = once(peer, 'message');
  peer.send({ ticket });
  return (await within(answer, 'the peer'))[0];
}

withAddon(
  'another process reads it by its ticket, after the owner has closed it too, and leaves nothing',
  leavingNothing(async () => {
    const peer = startPeer();
    const text = 'x'.repeat(3 * PAGE);
    const memory = writeSealed([bytesOf(text)]);
    assert.equal(await ask(peer, ticketOf(memory)), { text });
    const map = mapMemory(memory);
    assert.is(textOf(map), text, 'the peer wrote into its own copy only');
    unmapMemory(map);
    assert.is(mapsOf(peer.pid as number), 1);
    closeMemory(memory);
    assert.equal(await ask(peer, null), { text: `!${text.slice(1)}` });
    assert.is(mapsOf(peer.pid as number), 0);
    peer.disconnect();
    await once(peer, 'exit');
  }),
);

withAddon(
  'openTicket refuses what is not the memory that the ticket was given for',
  leavingNothing(() => {
    const [memory, other] = [writeSealed([bytesOf('mine')]), writeSealed([bytesOf('your')])];
    const ticket = ticketOf(memory);
    const opening = (changes: Partial<Omit<MemoryTicket, 'kind'>>): string =>
      failure(() => openTicket({ ...ticket, ...changes }));
    assert.match(opening({ space: 'elsewhere' }), 'it is of another machine or container');
    assert.match(
      opening({ startTime: '1' }),
      `Cannot open 4 bytes in the memory of process ${process.pid}: its owner has ended`,
    );
    assert.match(opening({ descriptor: other.descriptor }), 'the descriptor is of something else by now');
    assert.match(opening({ bytes: 5 }), 'it has 4 bytes');
    assert.match(opening({ descriptor: 9999 }), 'ENOENT');
    closeMemory(memory);
    assert.match(opening({}), 'ENOENT');
    closeMemory(other);
  }),
);

withAddon(
  'openTicket refuses memory that somebody could still change, and files',
  leavingNothing(() => {
    const unsealed = loadAddon().addon?.memfdNew(8) as number;
    assert.match(
      failure(() => openTicket(ticketOf({ kind: 'memory', descriptor: unsealed, bytes: 8 }))),
      'it is not sealed',
    );
    closeSync(unsealed);
    const path = join(tmpdir(), 'file');
    const file = openSync(path, 'w+');
    writeSync(file, '12345678');
    const asked = (kind: 'memory' | 'file'): string =>
      failure(() => openTicket(ticketOf({ kind, descriptor: file, bytes: 8 })));
    assert.match(asked('memory'), 'it is not sealed');
    assert.match(asked('file'), 'it has a name');
    closeSync(file);
    rmSync(path);
  }),
);

/** A thread that maps the memory, checks its first byte, and then waits to be ended. */
function startReader(memory: SealedMemory): Worker {
  const url = new URL('../../src/native/memfd.ts', import.meta.url).href;
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(url)}).then(({ mapMemory }) => {
      globalThis.kept = mapMemory(workerData);
      parentPort.postMessage(new Uint8Array(globalThis.kept)[0]);
      parentPort.on('message', () => {});
    });`;
  return new Worker(code, { eval: true, workerData: memory });
}

withAddon('is sealed although programs are being started: each is a copy of this process for a moment', async () => {
  const thread = new Worker(new URL('./sealing-thread.ts', import.meta.url), { trackUnmanagedFds: false });
  let isSealed = false;
  thread.once('message', () => {
    isSealed = true;
  });
  const failed = once(thread, 'error').then(([error]) => Promise.reject(error as Error));
  const ended = once(thread, 'exit');
  while (!isSealed) await Promise.race([once(spawn('true'), 'exit'), failed]);
  await within(ended, 'the end of the thread');
});

withAddon(
  'threads map it for themselves, and what they leave is unmapped when they end',
  leavingNothing(async () => {
    const memory = writeSealed([new Uint8Array(PAGE).fill(42)]);
    const readers = [startReader(memory), startReader(memory)];
    const first = readers.map((reader) => within(once(reader, 'message'), 'a thread'));
    assert.equal(await Promise.all(first), [[42], [42]]);
    assert.is(mapsOf('self'), 2);
    await Promise.all(readers.map((reader) => reader.terminate()));
    closeMemory(memory);
  }),
);

withAddon(
  'maps that nobody holds any more are collected',
  leavingNothing(async () => {
    const memory = writeSealed([new Uint8Array(PAGE)]);
    for (let i = 0; i < 200; i++) mapMemory(memory);
    assert.ok(mapsOf('self') > 0);
    closeMemory(memory);
    await allCollected();
  }),
);

withAddon(
  '20,000 cycles of make, ticket, open, map and let go leave nothing',
  leavingNothing(() => {
    const part = new Uint8Array(64);
    for (let i = 0; i < 20_000; i++) {
      const memory = writeSealed([part]);
      const opened = openTicket(ticketOf(memory));
      unmapMemory(mapMemory(opened));
      closeMemory(opened);
      closeMemory(memory);
    }
  }),
);

test('says that it needs the addon where there is none', async () => {
  const peer = fork(new URL('./peer.ts', import.meta.url), { env: { ...process.env, ROLECALL_ADDON: 'none' } });
  const answer = (await ask(peer, {
    kind: 'memory',
    space: '',
    pid: 1,
    startTime: '',
    descriptor: 1,
    inode: '',
    bytes: 1,
  })) as {
    error: string;
  };
  assert.match(answer.error, 'needs the addon of this package, and ROLECALL_ADDON is set to none');
  peer.disconnect();
  await once(peer, 'exit');
});

test.run();
