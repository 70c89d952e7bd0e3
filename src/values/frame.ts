/**
 * A value with binary data in it, as one contiguous byte string:
 *
 *     tag, 3 bytes of nothing, u32 bytes of the head, u32 buffers, u32 views,
 *     per buffer: u32 bytes, u32 kind (0 ArrayBuffer, 1 SharedArrayBuffer),
 *     per view: u32 buffer, u32 type, u32 offset in it, u32 bytes,
 *     the head, then each buffer, each at the next multiple of 64, a large one of 4096.
 *
 * The head says where each view and buffer belongs, by number. All numbers are little endian.
 */
import type { BufferEntry, BufferTable } from './buffer-table.ts';
import { makeView } from './buffer-table.ts';

/** Where the memory for encoded values comes from. A worker's thread hands out a SharedArrayBuffer here. */
export type Allocate = (bytes: number) => ArrayBufferLike;

/** Where the buffers of a frame come from when it is read. */
export interface FrameMemory {
  /** Bytes of the whole frame. */
  readonly bytes: number;
  /** `length` bytes from `start` on. */
  buffer(start: number, length: number, isShared: boolean): ArrayBufferLike;
}

/** From this size on a buffer begins on a page of its own, so that it can be mapped by itself. */
export const PAGED_BYTES = 64 * 1024;

/** A frame taken apart. Its buffers are made when they are first asked for. */
export interface Frame {
  readonly head: Uint8Array;
  readonly bufferCount: number;
  readonly buffer: (number: number) => ArrayBufferLike;
  readonly view: (number: number) => ArrayBufferView;
}

const FIXED_BYTES = 16;
const BUFFER_BYTES = 8;
const VIEW_BYTES = 16;
const BOUNDARY = 64;
const PAGE = 4096;
const MAX_FRAME_BYTES = 2 ** 32 - 1;

/** Puts a frame together in memory of the exact size. @throws RangeError if it would exceed 4 GiB. */
export function writeFrame(tag: number, head: Uint8Array, table: BufferTable, allocate: Allocate): Uint8Array {
  const buffers = table.close();
  const headStart = FIXED_BYTES + buffers.length * BUFFER_BYTES + table.views.length * VIEW_BYTES;
  const total = buffers.reduce(
    (at, { start, end }) => align(at, end - start) + end - start,
    headStart + head.byteLength,
  );
  if (total > MAX_FRAME_BYTES) throw new RangeError(`it is ${total} bytes long; one value may have 4 GiB at most`);
  const bytes = new Uint8Array(allocate(total), 0, total);
  bytes[0] = tag;
  writeTables(new DataView(bytes.buffer, bytes.byteOffset), head.byteLength, buffers, table);
  bytes.set(head, headStart);
  let at = headStart + head.byteLength;
  for (const { source, start, end } of buffers) {
    at = align(at, end - start);
    bytes.set(new Uint8Array(source, start, end - start), at);
    at += end - start;
  }
  return bytes;
}

/**
 * Takes a frame apart. `bytes` must hold its tables and head at least.
 *
 * @param memory By default buffers are private copies out of `bytes`.
 * @throws RangeError if the bytes are not exactly one frame.
 */
export function readFrame(bytes: Uint8Array, memory: FrameMemory = copiesOf(bytes)): Frame {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number => words.getUint32(at, true);
  const headBytes = word(4);
  const bufferCount = word(8);
  const viewCount = word(12);
  const viewsStart = FIXED_BYTES + bufferCount * BUFFER_BYTES;
  const headStart = viewsStart + viewCount * VIEW_BYTES;
  const headEnd = headStart + headBytes;
  if (headEnd > bytes.byteLength) throw new RangeError('a frame whose tables or head end after its last byte');

  const starts = bufferStarts(word, bufferCount, headEnd, memory.bytes);
  const buffers: ArrayBufferLike[] = [];
  const views: ArrayBufferView[] = [];
  const buffer = (number: number): ArrayBufferLike => {
    if (!(number < bufferCount)) throw new RangeError(`no buffer ${number} in a frame of ${bufferCount}`);
    const at = FIXED_BYTES + number * BUFFER_BYTES;
    buffers[number] ??= memory.buffer(starts[number]!, word(at), word(at + 4) === 1);
    return buffers[number];
  };
  const view = (number: number): ArrayBufferView => {
    if (!(number < viewCount)) throw new RangeError(`no view ${number} in a frame of ${viewCount}`);
    const at = viewsStart + number * VIEW_BYTES;
    views[number] ??= makeView(word(at + 4), buffer(word(at)), word(at + 8), word(at + 12));
    return views[number];
  };
  return { head: bytes.subarray(headStart, headEnd), bufferCount, buffer, view };
}

function writeTables(words: DataView, headBytes: number, buffers: readonly BufferEntry[], table: BufferTable): void {
  words.setUint32(4, headBytes, true);
  words.setUint32(8, buffers.length, true);
  words.setUint32(12, table.views.length, true);
  let at = FIXED_BYTES;
  for (const { start, end, isShared } of buffers) {
    words.setUint32(at, end - start, true);
    words.setUint32(at + 4, isShared ? 1 : 0, true);
    at += BUFFER_BYTES;
  }
  for (const { buffer, type, offset, byteLength } of table.views) {
    words.setUint32(at, buffer, true);
    words.setUint32(at + 4, type, true);
    words.setUint32(at + 8, offset - buffers[buffer]!.start, true);
    words.setUint32(at + 12, byteLength, true);
    at += VIEW_BYTES;
  }
}

function bufferStarts(word: (at: number) => number, count: number, headEnd: number, total: number): number[] {
  const starts: number[] = [];
  let at = headEnd;
  for (let i = 0; i < count; i++) {
    const length = word(FIXED_BYTES + i * BUFFER_BYTES);
    at = align(at, length);
    starts.push(at);
    at += length;
  }
  if (at !== total) throw new RangeError(`a frame of ${total} bytes that ends at ${at}`);
  return starts;
}

/** Reads buffers as private copies, also when `bytes` is shared memory. */
export function copiesOf(bytes: Uint8Array): FrameMemory {
  return {
    bytes: bytes.byteLength,
    buffer: (start, length, isShared) =>
      copyOf(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length), isShared),
  };
}

/** The bytes in a buffer of their own. */
export function copyOf(part: Uint8Array, isShared: boolean): ArrayBufferLike {
  if (!isShared) return part.slice().buffer;
  const copy = new SharedArrayBuffer(part.byteLength);
  new Uint8Array(copy).set(part);
  return copy;
}

/** Where the head of a frame ends, from its first 16 bytes. */
export function headEndOf(bytes: Uint8Array): number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, FIXED_BYTES);
  const tables = words.getUint32(8, true) * BUFFER_BYTES + words.getUint32(12, true) * VIEW_BYTES;
  return FIXED_BYTES + tables + words.getUint32(4, true);
}

function align(at: number, length: number): number {
  const boundary = length >= PAGED_BYTES ? PAGE : BOUNDARY;
  return Math.ceil(at / boundary) * boundary;
}
