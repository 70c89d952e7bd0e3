import { ownRuntime } from '../dragon/membership.ts';
import { openPooled } from '../dragon/pool.ts';
import { hasCode } from '../errors.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { isReference } from '../protocol/reference.ts';
import { blockOf, ownValue, referenceTo } from '../store/shared-values.ts';
import { ticketIn } from '../values/referenced.ts';

/**
 * Makes a value that a peer sent this process's own. One in a pool of Dragon's is opened by Dragon's descriptor of it; without a
 * runtime, as others of the machine are.
 *
 * @throws {RolecallError} `ERR_SHARED_MEMORY` if the memory behind a reference is gone.
 */
export async function takeValue(value: Uint8Array): Promise<Uint8Array> {
  if (!isReference(value)) return ownValue(value);
  const runtime = ownRuntime.current();
  const ticket = ticketIn(value);
  if (ticket.kind !== 'pool' || runtime === undefined || ticket.pid === process.pid) return ownValue(value);
  try {
    return referenceTo(await openPooled(runtime, ticket));
  } catch (error) {
    if (hasCode(error, 'ERR_SHARED_MEMORY')) throw error;
    return ownValue(value);
  }
}

/** The same for a block of values: a large one is alone in its block. */
export async function takeBlock(block: PackedValues): Promise<PackedValues> {
  return block.ends.length === 1 ? blockOf(await takeValue(block.bytes)) : block;
}
