/** A value on its way to workers: in shared memory if it is large, so that workers of this machine take it over as it is. */
import { isReference, referencedBytes } from '../protocol/reference.ts';
import { Rooms } from '../store/rooms.ts';
import { blockOf, closeReferenced } from '../store/shared-values.ts';
import type { ValueCodec } from '../values/codec.ts';

export class ScatteredValue implements Disposable {
  /** The bytes of the value, or a reference to them. */
  readonly encoded: Uint8Array;

  /** A copy of the value as it is now. @throws {RolecallError} `ERR_UNSERIALISABLE_ARGUMENT`. */
  constructor(codec: ValueCodec, value: unknown) {
    const rooms = new Rooms();
    try {
      const options = { what: 'scattered value', code: 'ERR_UNSERIALISABLE_ARGUMENT' } as const;
      this.encoded = rooms.sealed(codec.encode(value, { ...options, allocate: rooms.allocate }));
    } finally {
      rooms.discard();
    }
  }

  get bytes(): number {
    return isReference(this.encoded) ? referencedBytes(this.encoded) : this.encoded.byteLength;
  }

  [Symbol.dispose](): void {
    closeReferenced(blockOf(this.encoded));
  }
}
