/** Slots that are `worker_threads`. */
import { Worker } from 'node:worker_threads';
import type { PackedValues } from '../../protocol/packed.ts';
import { closeAll, newMemoryTable, takeOver } from '../../store/rooms.ts';
import type { Batch, DependencyValues } from '../core/core.ts';
import type { FromSlot, SlotData, SlotEnd, SlotHandlers, SlotProgram, StartSlot, ToSlot } from './slot-messages.ts';
import type { ThreadBatch, ThreadData, ToThread } from './thread-data.ts';

/**
 * What survives of the young generation is moved to the old one at once. If that is more than the 16 MiB that Node.js allows beyond
 * the limit of the heap, V8 ends the whole process instead of the thread: with its usual size, every second time. This size costs tasks that allocate much a fifth.
 */
const YOUNG_MB = 32;

/** @param heapMb heap limit of each thread in MiB */
export function threadSlots(heapMb: number | undefined): StartSlot {
  return (data, handlers) => new ThreadSlot(data, handlers, heapMb);
}

class ThreadSlot implements SlotProgram {
  readonly #worker: Worker;
  readonly #outputFlow = new Int32Array(new SharedArrayBuffer(4));
  readonly #memories = newMemoryTable();
  #batch: ThreadBatch | undefined;
  #hasEnded = false;

  constructor(data: SlotData, handlers: SlotHandlers, heapMb: number | undefined) {
    const workerData: ThreadData = { ...data, outputFlow: this.#outputFlow, memories: this.#memories };
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      env: { ...process.env, ...data.env },
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_MB,
        ...(heapMb === undefined ? {} : { maxOldGenerationSizeMb: heapMb }),
      },
    });
    const end = (how: SlotEnd): void => {
      if (!this.#hasEnded) handlers.ended(how);
      this.#hasEnded = true;
    };
    this.#worker.on('message', (message: FromSlot) => {
      if (message.kind === 'output') this.#passedOn(message.text.length);
      if (message.kind === 'results' && !this.#hasEnded) takeOver(this.#memories, message.values.bytes);
      handlers.message(message);
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { how: 'out of memory' } : { how: 'crashed', why: error.message },
      ),
    );
    this.#worker.on('exit', (code) => {
      closeAll(this.#memories);
      end({ how: 'exited', code });
    });
  }

  run(batch: Batch): void {
    const cursor = batch.count === 1 ? null : new Int32Array(new SharedArrayBuffer(4));
    const transfer: ArrayBuffer[] = [];
    this.#batch = { ...ownBytes(batch, transfer), cursor };
    this.#post({ kind: 'run', batch: this.#batch }, transfer);
  }

  closeBatch(): number {
    const batch = this.#batch;
    if (batch === undefined) return 0;
    if (batch.cursor === null) return batch.count;
    return Math.min(Atomics.add(batch.cursor, 0, batch.count), batch.count);
  }

  post(message: Exclude<ToSlot, { kind: 'run' }>): void {
    this.#post(message);
  }

  async kill(): Promise<void> {
    this.#hasEnded = true;
    await this.#worker.terminate();
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #passedOn(characters: number): void {
    Atomics.sub(this.#outputFlow, 0, characters);
    Atomics.notify(this.#outputFlow, 0);
  }
}

/**
 * A batch whose bytes are its own. Sending a view would copy all that lies behind it, so views are cut out first, and
 * the copies are handed over.
 */
function ownBytes(batch: Batch, transfer: ArrayBuffer[]): Batch {
  const own = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(bytes);
    transfer.push(copy.buffer);
    return copy;
  };
  const ownValues = (values: PackedValues): PackedValues => ({
    bytes: own(values.bytes),
    ends: new Uint32Array(values.ends),
  });
  const ownDependency = (dependency: DependencyValues): DependencyValues => ({
    whole: dependency.whole,
    values: ownValues(dependency.values),
  });
  return {
    ...batch,
    payload: batch.payload === null ? null : own(batch.payload),
    constants: own(batch.constants),
    shared: batch.shared.map(ownDependency),
    items: batch.items === null ? null : ownValues(batch.items),
    own: batch.own.map((dependencies) => dependencies.map(ownDependency)),
  };
}
