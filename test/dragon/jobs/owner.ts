/** A process with a pool of its own: puts and releases values as it is told over IPC, until that is closed. */
import { findDragon } from '../../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../../src/dragon/runtime.ts';
import { closeMemory, ticketOf } from '../../../src/native/memfd.ts';
import { type PooledMemory, writePooled } from '../../../src/native/pool-memory.ts';

const [token = ''] = process.argv.slice(2);
const { library } = findDragon();
const runtime = await DragonRuntime.join({ library, token, attachMs: 3000, log: () => {} }).catch((error: Error) => {
  process.send?.(error.message);
  process.disconnect();
  process.exit(1);
});
await runtime.keepValues(2 ** 28);
let value: PooledMemory | undefined;

process.on('message', ([what, bytes, byte]: [string, number, number]) => {
  if (what === 'put') {
    value = writePooled([new Uint8Array(bytes).fill(byte)]);
    process.send?.(value === undefined ? null : ticketOf(value));
  } else {
    if (value !== undefined) closeMemory(value);
    process.send?.('released');
  }
});
process.on('disconnect', () => void runtime.leave());
process.send?.('ready');
