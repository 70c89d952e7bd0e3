/** Messages of clients as events of the core. */
import { RolecallError } from '../errors.ts';
import { ARRAYS_PER_CLIENT, arrayId, type ClientId, type FunctionHash } from '../protocol/ids.ts';
import type { ClientToScheduler, Dependency, SubmitMessage } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedFromBuffers } from '../protocol/packed-buffers.ts';
import { Ranges, type WireRanges } from '../protocol/ranges.ts';
import type { Core } from './core/core.ts';
import {
  onGivenUp,
  onReleased,
  onRetried,
  onScatterAnnounced,
  onScattered,
  onSubmitted,
  onWanted,
} from './core/on-client.ts';
import type { TaskFailure } from './core/task-array.ts';

/** Most tasks of one array: what typed arrays and messages handle comfortably. */
const MOST_TASKS = 100_000_000;

/** Functions by hash, kept at least as long as an array uses them. Clients count in step and send one again after that. */
export class FunctionTable extends Map<FunctionHash, Uint8Array> {
  #sweepAt = 64;

  /** Drops functions that no array uses, whenever their number has doubled. */
  sweep(core: Core): void {
    if (this.size < this.#sweepAt) return;
    const used = new Set<FunctionHash>();
    for (const { spec } of core.arrays.values()) if (spec !== null) used.add(spec.fn);
    for (const hash of this.keys()) if (!used.has(hash)) this.delete(hash);
    this.#sweepAt = Math.max(64, 2 * this.size);
  }
}

/** @throws {RolecallError} `ERR_PROTOCOL` if the message makes no sense. */
export function applyClientMessage(
  core: Core,
  functions: FunctionTable,
  client: ClientId,
  message: Exclude<ClientToScheduler, { type: 'end' | 'logs' | 'alive' }>,
): void {
  const id = ownArray(client, message.array);
  switch (message.type) {
    case 'submit':
      return submit(core, functions, client, message);
    case 'scatter':
      return onScatterAnnounced(core, { id, client, count: checkCount(message.count), name: message.name });
    case 'scattered':
      return onScattered(core, { ...message, array: id });
    case 'scatter-failed': {
      const ranges = Ranges.of(message.index, 1);
      return onGivenUp(core, {
        array: id,
        ranges,
        failure: failure('ERR_CONNECT', message.buffers[0]),
        cause: 'scatter-failed',
      });
    }
    case 'want':
      return onWanted(core, id);
    case 'release':
      return onReleased(core, id, rangesOf(core, id, message.ranges));
    case 'cancel': {
      const ranges = rangesOf(core, id, message.ranges);
      return onGivenUp(core, {
        array: id,
        ranges,
        failure: failure('ERR_CANCELLED', message.buffers[0]),
        cause: 'cancelled',
      });
    }
    case 'retry':
      return onRetried(core, id, rangesOf(core, id, message.ranges));
  }
}

function submit(core: Core, functions: FunctionTable, client: ClientId, message: SubmitMessage): void {
  const { buffers, fn, options } = message;
  let at = 0;
  const constants = buffers[at++];
  const payload = message.hasFunction ? buffers[at++] : functions.get(fn);
  const count = checkCount(message.count);
  const items: PackedValues | null = message.hasItems ? packedFromBuffers(buffers[at++], buffers[at++], count) : null;
  if (constants === undefined || payload === undefined)
    throw malformed(`array ${message.array} comes without arguments or function`);
  functions.set(fn, payload);
  if (message.zip !== null && message.own.length > 0)
    throw malformed('it has needs of its tasks both listed and in pairs');
  if (message.own.some(([index]) => index >= count)) throw malformed(`it has needs of a task beyond its ${count}`);
  const own = new Map(message.own.map(([index, dependencies]) => [index, dependencies.map(globalise(core, client))]));
  onSubmitted(core, {
    id: arrayId(client, message.array),
    client,
    count,
    name: message.name,
    spec: { fn, constants, items, options },
    shared: message.shared.map(globalise(core, client)),
    own,
    zip: message.zip === null ? null : globaliseZip(core, client, message.zip, count),
  });
}

/** Clients number their own arrays. A number that is too large would be that of another client. */
function ownArray(client: ClientId, sequence: number): number {
  if (sequence < ARRAYS_PER_CLIENT) return arrayId(client, sequence);
  throw malformed(`${sequence} is no number of an array`);
}

/** Clients name their own arrays; a dependency on something that is not there is a fault of the client. */
function globalise(core: Core, client: ClientId): (dependency: Dependency) => Dependency {
  return (dependency) => {
    const array = ownArray(client, dependency.array);
    const source = core.arrays.get(array);
    const { start, count, whole } = dependency;
    if (source === undefined)
      throw malformed(`it depends on array ${dependency.array}, which was released or never submitted`);
    if (whole ? start !== 0 || count !== source.count : count !== 1 || start >= source.count) {
      throw malformed(`it depends on tasks ${start}+${count} of array ${dependency.array}, which has ${source.count}`);
    }
    return { array, start, count, whole };
  };
}

function globaliseZip(core: Core, client: ClientId, zip: NonNullable<SubmitMessage['zip']>, count: number): typeof zip {
  const array = ownArray(client, zip.array);
  const held = core.arrays.get(array)?.count ?? 0;
  if (zip.start + count > held) {
    throw malformed(`it depends on tasks ${zip.start}+${count} of array ${zip.array}, which has ${held}`);
  }
  return { array, start: zip.start };
}

function rangesOf(core: Core, id: number, wire: WireRanges | null): Ranges {
  const count = core.arrays.get(id)?.count ?? 0;
  const all = Ranges.of(0, count);
  if (wire === null) return all;
  const asked = Ranges.fromWire(wire);
  const end = asked.end();
  if (end > count) asked.remove(count, end - count);
  return asked;
}

function failure(code: string, error: Uint8Array | undefined): TaskFailure {
  return { code, error: error ?? new Uint8Array(), task: '', worker: '', attempt: 0 };
}

function checkCount(count: number): number {
  if (count > MOST_TASKS) throw malformed(`it has ${count} tasks; ${MOST_TASKS} are the most that one array can have`);
  return count;
}

function malformed(why: string): RolecallError {
  return new RolecallError('ERR_PROTOCOL', `Cannot take a message: ${why}`);
}
