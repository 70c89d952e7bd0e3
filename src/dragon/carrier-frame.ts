/**
 * What the two ends of a Dragon connection say to each other over the socket that carries it, in packets of that socket:
 *
 *     greeting = u8 1 | JSON of `Greeting`                          first on each side
 *     data     = u8 2 | f64 sequence | f64 acknowledged             the packet after it is the payload
 *     ack      = u8 3 | f64 acknowledged
 *     sockets  = u8 4 | f64 acknowledged                            send by the socket from now on: the inbox is gone
 */
import * as v from 'valibot';
import { RolecallError } from '../errors.ts';

/** How to send to the one who greets; null if that goes over the socket alone. */
export type Greeting = {
  readonly connection: number;
  readonly token: string;
  readonly channel: string;
  readonly bell: string;
} | null;

export type CarrierFrame =
  | { readonly kind: 'greeting'; readonly greeting: Greeting }
  | { readonly kind: 'data'; readonly sequence: number; readonly acknowledged: number }
  | { readonly kind: 'ack' | 'sockets'; readonly acknowledged: number };

const KINDS = ['greeting', 'data', 'ack', 'sockets'] as const;
const MOST_BYTES = 4096;

const greetingShape = v.nullable(
  v.object({
    connection: v.pipe(v.number(), v.integer(), v.minValue(0)),
    token: v.pipe(v.string(), v.base64(), v.length(24)),
    channel: v.pipe(v.string(), v.base64(), v.maxLength(1000)),
    bell: v.pipe(v.string(), v.base64(), v.maxLength(1000)),
  }),
);

export function encodeFrame(frame: CarrierFrame): Uint8Array {
  const kind = KINDS.indexOf(frame.kind) + 1;
  if (frame.kind === 'greeting') return Buffer.concat([Buffer.of(kind), Buffer.from(JSON.stringify(frame.greeting))]);
  const bytes = Buffer.alloc(frame.kind === 'data' ? 17 : 9);
  bytes[0] = kind;
  if (frame.kind === 'data') bytes.writeDoubleLE(frame.sequence, 9);
  bytes.writeDoubleLE(frame.acknowledged, 1);
  return bytes;
}

/** @throws {RolecallError} `ERR_FRAME` if the bytes are none of these. */
export function decodeFrame(bytes: Uint8Array): CarrierFrame {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS[(buffer[0] ?? 0) - 1];
  if (kind === 'greeting' && buffer.byteLength <= MOST_BYTES)
    return { kind, greeting: parseGreeting(buffer.toString('utf8', 1)) };
  if (kind === 'data' && buffer.byteLength === 17) {
    return { kind, sequence: count(buffer.readDoubleLE(9)), acknowledged: count(buffer.readDoubleLE(1)) };
  }
  if ((kind === 'ack' || kind === 'sockets') && buffer.byteLength === 9)
    return { kind, acknowledged: count(buffer.readDoubleLE(1)) };
  throw new RolecallError(
    'ERR_FRAME',
    `Cannot read what carries Dragon's packets: no frame begins with ${buffer[0] ?? 'nothing'}`,
  );
}

function parseGreeting(text: string): Greeting {
  try {
    return v.parse(greetingShape, JSON.parse(text));
  } catch (cause) {
    throw new RolecallError('ERR_FRAME', "Cannot read what carries Dragon's packets: the greeting is none", { cause });
  }
}

function count(number: number): number {
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RolecallError('ERR_FRAME', `Cannot read what carries Dragon's packets: ${number} is no number of a packet`);
}
