import { ownRuntime } from '../dragon/membership.ts';
import {
  closeMemory,
  hasSharedMemory,
  mapMemory,
  openInParts,
  type SealedMemory,
  unmapMemory,
} from '../native/memfd.ts';
import type { PackedValues } from '../protocol/packed.ts';
import type { FrameRoom } from '../protocol/parts.ts';
import { blockOf, referenceTo } from '../store/shared-values.ts';

/** From this size on a message has a frame of its own (transport/outgoing.ts). */
const ALONE_FROM_BYTES = 2 ** 20;

/** Of frames that nobody takes: the connection breaks meanwhile, or they come too late. */
const forgotten = new FinalizationRegistry<number>((descriptor) => closeMemory({ descriptor }));

/**
 * Shared memory for frames that come in: a large value is then where all of this machine can read it, with nothing but its parts having
 * been copied. The frame is sealed with it, as it is.
 */
export class FrameRooms {
  readonly #frames = new WeakMap<ArrayBufferLike, SealedMemory>();

  /** For a channel. */
  readonly roomFor = (bytes: number): FrameRoom | undefined => {
    const goesToPool = ownRuntime.current()?.keepsValues === true;
    if (bytes < ALONE_FROM_BYTES || goesToPool || !hasSharedMemory()) return undefined;
    try {
      return this.#open(bytes);
    } catch {
      return undefined; // the heap has some, or says so
    }
  };

  /** A block of a message, if it is one value that fills its frame: a reference to it, and the frame is gone. */
  taken({ bytes, ends }: PackedValues): PackedValues | undefined {
    const frame = this.#frames.get(bytes.buffer);
    if (frame === undefined || ends.length !== 1 || bytes.byteLength < ALONE_FROM_BYTES) return undefined;
    const part = { start: bytes.byteOffset, size: frame.bytes };
    const reference = referenceTo({ ...frame, bytes: bytes.byteLength, part });
    forgotten.unregister(bytes.buffer);
    unmapMemory(bytes.buffer as ArrayBuffer);
    return blockOf(reference);
  }

  #open(bytes: number): FrameRoom {
    const memory = openInParts(bytes);
    const whole = (): Uint8Array => {
      const sealed = memory.seal();
      const buffer = mapMemory(sealed);
      forgotten.unregister(room);
      forgotten.register(buffer, sealed.descriptor, buffer);
      this.#frames.set(buffer, sealed);
      return new Uint8Array(buffer);
    };
    const room = { write: memory.write, whole };
    forgotten.register(room, memory.descriptor, room);
    return room;
  }
}
