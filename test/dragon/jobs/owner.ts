/** A process with a pool of its own: puts and releases values as it is told over IPC, until that is closed. */
import { findDragon } from '../../../src/dragon/find-library.ts';
import { DragonPool, type DragonValue } from '../../../src/dragon/pool.ts';
import { DragonRuntime } from '../../../src/dragon/runtime.ts';

const [token = ''] = process.argv.slice(2);
const { library } = findDragon();
const runtime = await DragonRuntime.join({ library, token, attachMs: 3000, log: () => {} }).catch((error: Error) => {
  process.send?.(error.message);
  process.disconnect();
  process.exit(1);
});
const pool = await DragonPool.create(runtime, 2 ** 28);
let value: DragonValue | undefined;

process.on('message', async ([what, bytes, byte]: [string, number, number]) => {
  if (what === 'put') {
    value = await pool.put(new Uint8Array(bytes).fill(byte));
    process.send?.(Buffer.from(value?.descriptor ?? []).toString('base64'));
  } else {
    if (value !== undefined) await pool.release(value);
    process.send?.('released');
  }
});
process.on('disconnect', () => void runtime.leave());
process.send?.('ready');
