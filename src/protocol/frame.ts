/**
 * A frame is all that one side wrote to one peer in one turn of its event loop: messages as JSON, their buffers as raw bytes.
 *
 *     u32 kind | u32 bytes of JSON | JSON | buffer | buffer …          (numbers little-endian)
 *     JSON = { messages: [{ type, … }], buffers: [[index of message, size, size …], …] }
 *
 * A buffer over 4 KiB starts at a multiple of 64 bytes from the start of the frame, after zeros, so that a receiver whose
 * frame is aligned can lay a typed array over it without copying.
 */
import { RolecallError } from '../errors.ts';

/** What travels: a `type`, any other fields that JSON can carry, and raw bytes beside them. */
export interface Message {
  readonly type: string;
  /** Not copied on their way out: they must not change until they were sent. */
  readonly buffers?: readonly Uint8Array[];
}

/** What a frame may hold at most; one that holds more is refused before it is read further. */
export interface FrameLimits {
  readonly messages: number;
  readonly buffers: number;
  readonly jsonBytes: number;
}

export const FRAME_LIMITS: FrameLimits = { messages: 100_000, buffers: 1_000_000, jsonBytes: 256 * 2 ** 20 };

/** The first number of every frame, and so of every packet that is a whole frame. */
export const FRAME_KIND = 1;

const HEAD_BYTES = 8;
const ALIGN_BYTES = 64;
const ALIGN_FROM_BYTES = 4096;
const ZEROS = new Uint8Array(ALIGN_BYTES);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Encodes messages as one frame, in pieces to be sent one after the other: the head with the JSON, then the buffers themselves. */
export function encodeFrame(messages: readonly Message[]): Uint8Array[] {
  const sizes: number[][] = [];
  const plain = messages.map((message, index) => {
    if (message.buffers === undefined) return message;
    sizes.push([index, ...message.buffers.map((buffer) => buffer.byteLength)]);
    return { ...message, buffers: undefined }; // left out of the JSON; much faster than a copy without the field
  });
  const head = encodeHead(JSON.stringify({ messages: plain, buffers: sizes }));
  return [head, ...alignedBuffers(messages, head.byteLength)];
}

function encodeHead(json: string): Uint8Array {
  let head = new Uint8Array(HEAD_BYTES + json.length);
  const { read } = encoder.encodeInto(json, head.subarray(HEAD_BYTES));
  if (read < json.length) {
    const utf8 = encoder.encode(json); // it was not all ASCII
    head = new Uint8Array(HEAD_BYTES + utf8.byteLength);
    head.set(utf8, HEAD_BYTES);
  }
  const view = new DataView(head.buffer);
  view.setUint32(0, FRAME_KIND, true);
  view.setUint32(4, head.byteLength - HEAD_BYTES, true);
  return head;
}

function alignedBuffers(messages: readonly Message[], headBytes: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let offset = headBytes;
  for (const { buffers } of messages) {
    if (buffers === undefined) continue;
    for (const buffer of buffers) {
      const start = startOfBuffer(offset, buffer.byteLength);
      if (start > offset) pieces.push(ZEROS.subarray(0, start - offset));
      if (buffer.byteLength > 0) pieces.push(buffer);
      offset = start + buffer.byteLength;
    }
  }
  return pieces;
}

function startOfBuffer(offset: number, size: number): number {
  return size > ALIGN_FROM_BYTES ? Math.ceil(offset / ALIGN_BYTES) * ALIGN_BYTES : offset;
}

/**
 * Reads one frame. The buffers of the messages are views of `bytes`.
 *
 * @throws RolecallError ERR_FRAME if `bytes` is anything but one whole frame within the limits.
 */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = FRAME_LIMITS): Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  expect(
    bytes.byteLength >= HEAD_BYTES,
    () => `it has ${bytes.byteLength} bytes, and the head alone takes ${HEAD_BYTES}`,
  );
  const kind = view.getUint32(0, true);
  expect(kind === FRAME_KIND, () => `its kind is ${kind}, expected ${FRAME_KIND}`);
  const jsonBytes = view.getUint32(4, true);
  expect(
    jsonBytes <= limits.jsonBytes,
    () => `it announces ${jsonBytes} bytes of JSON, the limit is ${limits.jsonBytes}`,
  );
  const end = HEAD_BYTES + jsonBytes;
  expect(end <= bytes.byteLength, () => `it announces ${jsonBytes} bytes of JSON and ends before`);

  const { messages, buffers } = parseHead(bytes.subarray(HEAD_BYTES, end));
  expect(
    messages.length <= limits.messages,
    () => `it has ${messages.length} messages, the limit is ${limits.messages}`,
  );
  for (const message of messages) expectMessage(message);
  attachBuffers(messages as ReceivedMessage[], buffers, { bytes, start: end, limit: limits.buffers });
  return messages as Message[];
}

type ReceivedMessage = Message & { buffers?: Uint8Array[] };

function parseHead(bytes: Uint8Array): { readonly messages: unknown[]; readonly buffers: unknown[] } {
  let head: unknown;
  try {
    head = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new RolecallError('ERR_FRAME', 'Cannot read a frame: its head is not JSON', { cause });
  }
  const { messages, buffers } = (head ?? {}) as { readonly messages?: unknown; readonly buffers?: unknown };
  expect(Array.isArray(messages), () => 'its head has no list of messages');
  expect(Array.isArray(buffers), () => 'its head has no list of buffers');
  return { messages, buffers };
}

function expectMessage(message: unknown): void {
  expect(typeof message === 'object' && message !== null, () => 'a message is not an object');
  expect(typeof (message as Message).type === 'string', () => 'a message has no type');
  expect(!Object.hasOwn(message, 'buffers'), () => 'a message has buffers inside its JSON');
}

interface BufferSpace {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly limit: number;
}

function attachBuffers(messages: readonly ReceivedMessage[], lists: readonly unknown[], space: BufferSpace): void {
  const { bytes } = space;
  let offset = space.start;
  let count = 0;
  for (const list of lists) {
    expect(Array.isArray(list) && list.every(isSize), () => 'sizes of buffers are not whole numbers');
    const [index, ...sizes] = list as number[];
    const message = index === undefined ? undefined : messages[index];
    expect(
      message !== undefined && message.buffers === undefined,
      () => 'buffers belong to no message, or to one that has some',
    );
    count += sizes.length;
    expect(count <= space.limit, () => `it has more than ${space.limit} buffers`);
    message.buffers = sizes.map((size) => {
      const start = startOfBuffer(offset, size);
      offset = start + size;
      expect(offset <= bytes.byteLength, () => 'it ends before its buffers do');
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, size);
    });
  }
  expect(offset === bytes.byteLength, () => `it is ${bytes.byteLength} bytes long, its contents end at ${offset}`);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The text is made only when it is needed: this runs for every packet. */
function expect(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new RolecallError('ERR_FRAME', `Cannot read a frame: ${otherwise()}`);
}
