/** References to shared memory that nobody made: a peer with the key may send any bytes as a value. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { suite } from 'uvu';
import { memorySpace } from '../../src/native/memfd.ts';
import { startTimeOf } from '../../src/native/start-time.ts';
import { encodeReference } from '../../src/protocol/reference.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('forged references');
const codec = new ValueCodec();

function ticket(changes: object): object {
  const about = { kind: 'memory', space: memorySpace(), pid: process.pid, startTime: startTimeOf('self') };
  return { ...about, descriptor: 0, inode: '1', bytes: 1_000_000, ...changes };
}

test('one that names a shorter file of this process is refused, and does not end it', () => {
  const descriptor = openSync(new URL(import.meta.url), 'r');
  const inode = String(fstatSync(descriptor).ino);
  thrown(() => codec.decode(encodeReference(1_000_000, ticket({ descriptor, inode }))), 'ERR_SHARED_MEMORY');
  closeSync(descriptor);
});

test('one that names a descriptor that is not open, a pipe, or another process, is refused', () => {
  for (const changes of [{ descriptor: 4000 }, { descriptor: 1 }, { pid: 1 }, { pid: 2 ** 22 + 1 }]) {
    thrown(() => codec.decode(encodeReference(1_000_000, ticket(changes))), 'ERR_SHARED_MEMORY');
  }
});

test('one that does not say where, or nonsense, is refused', () => {
  for (const place of [null, 5, {}, ticket({ descriptor: -1 }), ticket({ bytes: 2 ** 60 }), ticket({ kind: 'x' })]) {
    thrown(() => codec.decode(encodeReference(1_000_000, place)), 'ERR_FRAME');
  }
});

test.run();
