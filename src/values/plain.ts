/**
 * Plain data through Node's structured serialisation, with binary data out of band. Keeps cycles, shared references,
 * Map, Set, Date, RegExp, BigInt, -0, holes. Own properties named `__proto__` are defined, never assigned.
 */
import { Deserializer, Serializer } from 'node:v8';
import { BufferTable } from './buffer-table.ts';
import { type Allocate, type Frame, type FrameMemory, readFrame, writeFrame } from './frame.ts';
import { TAG } from './tags.ts';

/** Encodes plain data. @throws what the serialiser throws for something that is not plain after all. */
export function encodePlain(value: unknown, arrayBuffers: readonly ArrayBuffer[], allocate: Allocate): Uint8Array {
  const serializer = new PlainSerializer();
  serializer.writeRawBytes(PLAIN_TAG); // taken for the tag if there turns out to be no buffer
  serializer.writeHeader();
  arrayBuffers.forEach((buffer) => {
    serializer.transferArrayBuffer(serializer.table.addBuffer(buffer), buffer);
  });
  serializer.writeValue(value);
  const head = serializer.releaseBuffer();
  return serializer.table.isEmpty
    ? copyTo(head, allocate)
    : writeFrame(TAG.framedPlain, head.subarray(1), serializer.table, allocate);
}

/** Decodes what `encodePlain` made of a value without buffers. */
export function decodePlain(bytes: Uint8Array): unknown {
  return deserialize(bytes.subarray(1), undefined);
}

/** Decodes what `encodePlain` made of a value with buffers. */
export function decodeFramedPlain(bytes: Uint8Array, memory?: FrameMemory): unknown {
  const frame = readFrame(bytes, memory);
  return deserialize(frame.head, frame);
}

/** A copy of `bytes` in memory from `allocate`. */
export function copyTo(bytes: Uint8Array, allocate: Allocate): Uint8Array {
  const copy = new Uint8Array(allocate(bytes.byteLength), 0, bytes.byteLength);
  copy.set(bytes);
  return copy;
}

const PLAIN_TAG = new Uint8Array([TAG.plain]);

class PlainSerializer extends Serializer {
  readonly table = new BufferTable();

  constructor() {
    super();
    (this as unknown as TreatsViews)._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view: ArrayBufferView): void {
    this.writeUint32(this.table.addView(view));
  }
}

class PlainDeserializer extends Deserializer {
  readonly #frame: Frame | undefined;

  constructor(head: Uint8Array, frame: Frame | undefined) {
    super(head);
    this.#frame = frame;
  }

  _readHostObject(): ArrayBufferView {
    if (this.#frame === undefined) throw new RangeError('a view in a value without buffers');
    return this.#frame.view(this.readUint32());
  }
}

interface TreatsViews {
  _setTreatArrayBufferViewsAsHostObjects(on: boolean): void;
}

function deserialize(head: Uint8Array, frame: Frame | undefined): unknown {
  const isPrivate = head.buffer instanceof ArrayBuffer;
  const deserializer = new PlainDeserializer(isPrivate ? head : copyTo(head, (size) => new ArrayBuffer(size)), frame);
  deserializer.readHeader();
  for (let i = 0; i < (frame?.bufferCount ?? 0); i++) {
    const buffer = frame!.buffer(i);
    deserializer.transferArrayBuffer(i, buffer as ArrayBuffer);
  }
  return deserializer.readValue();
}
