/**
 * The binary data of one value, kept apart from the rest of it so that each byte is copied once.
 *
 * Views on one ArrayBuffer keep sharing it; of the buffer travels only the range that the views cover. Node's small
 * Buffers lie side by side in a pool: each of those travels alone, or strangers' bytes would travel with it.
 * A SharedArrayBuffer arrives as one, with a copy of the bytes: memory is not shared between processes this way.
 */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';

/** A range of a buffer that travels. */
export interface BufferEntry {
  readonly source: ArrayBufferLike;
  readonly isShared: boolean;
  start: number;
  end: number;
  views: number;
}

/** A view on an entry. `offset` counts from the start of the source, not of the entry. */
export interface ViewEntry {
  readonly buffer: number;
  readonly type: number;
  readonly offset: number;
  readonly byteLength: number;
}

type ViewConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView;

const VIEW_TYPES: readonly string[] = [
  'Buffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Float16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

/** Offsets are kept modulo this, so that every view is as aligned at the receiver as it was here. */
const ALIGNMENT = 8;

/** Collects the buffers and views of a value while it is encoded. */
export class BufferTable {
  readonly views: ViewEntry[] = [];
  readonly #buffers: BufferEntry[] = [];
  readonly #numbers = new Map<object, number>();

  get isEmpty(): boolean {
    return this.#buffers.length === 0;
  }

  /** The number that stands for a whole buffer. */
  addBuffer(source: ArrayBufferLike): number {
    const number = this.#add(source, source, 0, source.byteLength);
    this.#buffers[number]!.views += 2; // counts as several views: its start is nobody's
    return number;
  }

  /** The number that stands for a view. */
  addView(view: ArrayBufferView): number {
    const { buffer: source, byteOffset: offset, byteLength } = view;
    const buffer = this.#add(isPooled(view) ? view : source, source, offset, offset + byteLength);
    this.#buffers[buffer]!.views++;
    return this.views.push({ buffer, type: viewType(view), offset, byteLength }) - 1;
  }

  /** The ranges to send. Nothing may be added after this. */
  close(): readonly BufferEntry[] {
    for (const entry of this.#buffers) if (entry.views > 1) entry.start -= entry.start % ALIGNMENT;
    return this.#buffers;
  }

  #add(key: object, source: ArrayBufferLike, start: number, end: number): number {
    const known = this.#numbers.get(key);
    if (known === undefined) {
      const isShared = types.isSharedArrayBuffer(source);
      const number = this.#buffers.push({ source, isShared, start, end, views: 0 }) - 1;
      this.#numbers.set(key, number);
      return number;
    }
    const entry = this.#buffers[known]!;
    entry.start = Math.min(entry.start, start);
    entry.end = Math.max(entry.end, end);
    return known;
  }
}

/** Makes a view of the type that `viewType` numbered. @throws RangeError if type, offset and length do not fit. */
export function makeView(type: number, buffer: ArrayBufferLike, offset: number, byteLength: number): ArrayBufferView {
  const name = VIEW_TYPES[type];
  if (name === undefined) throw new RangeError(`no view type ${type}`);
  if (name === 'Buffer') return Buffer.from(buffer as ArrayBuffer, offset, byteLength);
  const View = viewConstructor(name);
  return new View(buffer, offset, byteLength / ((View as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1));
}

/** The builtin constructor behind a view of that type number, for subclasses. */
export function viewConstructor(name: string): ViewConstructor {
  return (globalThis as unknown as Record<string, ViewConstructor>)[name]!;
}

/** The name of the builtin class of a view, also of one whose class extends it. */
export function viewName(view: ArrayBufferView): string {
  if (Buffer.isBuffer(view)) return 'Buffer';
  return types.isDataView(view) ? 'DataView' : (view as Uint8Array)[Symbol.toStringTag];
}

function viewType(view: ArrayBufferView): number {
  return VIEW_TYPES.indexOf(viewName(view));
}

function isPooled(view: ArrayBufferView): boolean {
  return Buffer.isBuffer(view) && view.buffer.byteLength === Buffer.poolSize && view.byteLength < Buffer.poolSize;
}
