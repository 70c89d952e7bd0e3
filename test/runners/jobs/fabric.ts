/** A module by which ranks can broadcast: through a file that the environment names. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export const rank = Number(process.env['ROLECALL_RANK']);
export const size = Number(process.env['ROLECALL_SIZE']);

export function broadcast(bytes: Uint8Array | null, root: number): Uint8Array {
  const file = process.env['FABRIC_FILE'] as string;
  if (rank === root) {
    writeFileSync(`${file}.part`, bytes as Uint8Array);
    renameSync(`${file}.part`, file);
  }
  const bell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(bell, 0, 0, 10);
  return new Uint8Array(readFileSync(file));
}
