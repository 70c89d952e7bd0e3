/** Files that have no name: the system frees them with the last process that holds them, as it does with sealed memory. */
import { closeSync, constants, openSync, unlinkSync, write as writeWithCallback } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RolecallError } from '../errors.ts';
import type { SealedMemory } from './memfd.ts';

const write = promisify(writeWithCallback);

/** Linux's O_TMPFILE, which Node.js does not name. */
const WITHOUT_NAME = 0o20_200_000;
const AT_ONCE = 8 << 20;

/**
 * Writes bytes to a file of their own in a folder, without holding up the event loop. It can be mapped and opened by others as
 * sealed memory can.
 *
 * @throws {RolecallError} `ERR_SPILL` if the folder or the disk does not take it.
 */
export async function writeNameless(folder: string, bytes: Uint8Array): Promise<SealedMemory> {
  const descriptor = openNameless(folder, bytes.byteLength);
  try {
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesWritten } = await write(descriptor, bytes, at, Math.min(AT_ONCE, bytes.byteLength - at), at);
      at += bytesWritten;
    }
    return { kind: 'file', descriptor, bytes: bytes.byteLength };
  } catch (error) {
    closeSync(descriptor);
    throw cannotWrite(folder, bytes.byteLength, error);
  }
}

function openNameless(folder: string, bytes: number): number {
  try {
    return openSync(folder, constants.O_RDWR | WITHOUT_NAME, 0o600);
  } catch (error) {
    if (!['EOPNOTSUPP', 'EISDIR', 'EINVAL'].includes(String((error as NodeJS.ErrnoException).code)))
      throw cannotWrite(folder, bytes, error);
  }
  const file = join(folder, `.rolecall-spill-${process.pid}-${performance.now()}`);
  try {
    const descriptor = openSync(file, 'wx+', 0o600);
    unlinkSync(file);
    return descriptor;
  } catch (error) {
    throw cannotWrite(folder, bytes, error);
  }
}

function cannotWrite(folder: string, bytes: number, cause: unknown): RolecallError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const way = 'Pass a "spillDirectory" with room on a local disk';
  return new RolecallError(
    'ERR_SPILL',
    `Cannot move ${bytes} bytes to disk, in ${folder}: ${code ?? message}. ${way}`,
    {
      cause,
    },
  );
}
