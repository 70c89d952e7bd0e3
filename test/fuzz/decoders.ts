/** Everything in this package that reads what another process wrote. */
import { fstatSync, openSync } from 'node:fs';
import {
  decodeFrame as decodeCarrierFrame,
  encodeFrame as encodeCarrierFrame,
} from '../../src/dragon/carrier-frame.ts';
import type { RolecallError } from '../../src/errors.ts';
import { hasSharedMemory, memorySpace } from '../../src/native/memfd.ts';
import { startTimeOf } from '../../src/native/start-time.ts';
import { decodeFrame as decodeMessages, encodeFrame, type Message } from '../../src/protocol/frame.ts';
import { checkHello, type Hello } from '../../src/protocol/hello.ts';
import * as messages from '../../src/protocol/messages.ts';
import { packedValue } from '../../src/protocol/packed.ts';
import { float64FromBuffer, packedBuffers, packedFromBuffers } from '../../src/protocol/packed-buffers.ts';
import { packetsOf, Reassembler } from '../../src/protocol/parts.ts';
import { encodeReference } from '../../src/protocol/reference.ts';
import { parseOwner } from '../../src/runners/owner.ts';
import { parseContact } from '../../src/runners/rendezvous/contact.ts';
import { ownHello } from '../../src/transport/own-hello.ts';
import { PacketReader } from '../../src/transport/packet-reader.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { TAG } from '../../src/values/tags.ts';
import type { Random } from '../support/random.ts';
import { RandomValues } from '../values/support/random-values.ts';
import * as samples from './messages.ts';
import { mutateBytes, mutateJson } from './mutate.ts';

export interface Decoder {
  readonly name: string;
  /** A new input. */
  input(random: Random): Uint8Array;
  /** Reads it. What it may throw has one of `codes`; anything else is a fault. */
  read(input: Uint8Array): void;
  readonly codes: RegExp;
  /** No input of this kind can be right. */
  readonly isAlwaysWrong?: true;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codec = new ValueCodec();
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' } as const;
const HELLO = ownHello('worker', { name: '2', host: 'h', pid: 1, slots: 1, addresses: [] });

const flat = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));
const frames = [
  flat(encodeFrame([HELLO])),
  flat(encodeFrame([{ type: 'goodbye' }])),
  flat(encodeFrame([{ type: 'a', buffers: [new Uint8Array(3), new Uint8Array(5000)] }, { type: 'b' }])),
  flat(encodeFrame(samples.WORKER_TO_SCHEDULER.map((message) => ({ ...message, buffers: [new Uint8Array(8)] })))),
];
const largeFrame = packetsOf([new Uint8Array(600_000)]).map(flat);
const packed = Array.from({ length: 20 }, (_, i) => {
  const [bytes, ends] = packedBuffers({
    bytes: new Uint8Array(3 * i),
    ends: Uint32Array.from({ length: i }, (_, k) => 3 * (k + 1)),
  });
  return flat([ends, bytes]);
});
const values = Array.from({ length: 200 }, (_, seed) => codec.encode(new RandomValues(seed + 1).value(3), OPTIONS));
const graphs = Array.from({ length: 200 }, (_, seed) =>
  codec.encode(
    [new RandomValues(seed + 1).value(2), Symbol.iterator, new RangeError('x'), new Map([[1, new Set([2])]])],
    OPTIONS,
  ),
);
const errors = [new Error('x'), new RangeError('y', { cause: { deep: [1] } }), 'text', null].map((error) =>
  codec.encodeError(error),
);
const CONTACT = {
  rolecall: 1,
  run: 'r',
  identity: 'i',
  addresses: ['tls://127.0.0.1:1'],
  secret: 'c2VjcmV0',
  host: 'h',
  pid: 1,
  pidSpace: 'pid:[1]',
  nWorkers: 2,
};

/** Of a file that is shorter than it says: to read beyond its end would end the process. */
const shortFile = openSync(new URL(import.meta.url), 'r');
const TICKET = {
  kind: 'memory',
  space: hasSharedMemory() ? memorySpace() : '',
  pid: process.pid,
  startTime: startTimeOf('self'),
  descriptor: shortFile,
  inode: String(fstatSync(shortFile).ino),
  bytes: 10_000_000,
};
const REFERENCE = encodeReference(100_000, TICKET);
const carrierFrames = [
  encodeCarrierFrame({ kind: 'data', sequence: 5, acknowledged: 4 }),
  encodeCarrierFrame({ kind: 'ack', acknowledged: 4 }),
  new Uint8Array(Buffer.from('\x01{"connection":1,"token":"AAAAAAAAAAAAAAAAAAAAAA==","channel":"AAAA","bell":"AAAA"}')),
].map((frame) => new Uint8Array(frame));

/** Changed bytes of what is right, and now and then bytes that never were. */
function bytesLike(corpus: readonly Uint8Array[]): Decoder['input'] {
  return (random) => {
    if (random.below(20) === 0) return random.bytes(random.below(200));
    return mutateBytes(random.pick(corpus), random.pick(corpus), random);
  };
}

function jsonLike(corpus: readonly unknown[]): Decoder['input'] {
  return (random) => {
    let value = random.pick(corpus);
    for (let left = 1 + random.below(3); left > 0; left--) value = mutateJson(value, random);
    return encoder.encode(JSON.stringify(value) ?? 'null');
  };
}

/** The parser of one direction, behind the check of frames that every message has passed before. */
function parserOf(name: string, corpus: readonly object[], parse: (raw: Message) => unknown): Decoder {
  const asMessage = (input: Uint8Array): Message => {
    const [message] = decodeMessages(flat(framed(input)));
    return { ...(message as Message), buffers: [new Uint8Array(16), new Uint8Array(8)] };
  };
  return {
    name: `messages ${name}`,
    input: jsonLike(corpus),
    read: (input) => parse(asMessage(input)),
    codes: /^ERR_(PROTOCOL|FRAME)$/,
  };
}

function framed(json: Uint8Array): Uint8Array[] {
  const head = encoder.encode(`{"messages":[${decoder.decode(json)}],"buffers":[]}`);
  return [Uint8Array.of(1, 0, 0, 0), new Uint8Array(Uint32Array.of(head.byteLength).buffer), head];
}

/** Reads a value to the end, so that what is made only when it is looked at is made. */
function walk(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 4) return;
  if (ArrayBuffer.isView(value)) return void value.byteLength;
  for (const key of Reflect.ownKeys(value).slice(0, 50)) {
    const { value: member } = Object.getOwnPropertyDescriptor(value, key) ?? {};
    walk(member, depth + 1);
  }
}

export const DECODERS: readonly Decoder[] = [
  { name: 'frames', input: bytesLike(frames), read: (input) => decodeMessages(input), codes: /^ERR_FRAME$/ },
  {
    name: 'parts',
    input: bytesLike([
      ...frames,
      largeFrame[0] as Uint8Array,
      flat([largeFrame[0] as Uint8Array, new Uint8Array(100)]),
    ]),
    read: (input) => {
      const reassembler = new Reassembler(2 ** 20);
      for (let at = 0; at < input.byteLength; at += 16) reassembler.push(input.subarray(at, at + 16));
    },
    codes: /^ERR_FRAME$/,
  },
  {
    name: 'packets of a stream',
    input: bytesLike(frames.map((frame) => flat([new Uint8Array(Uint32Array.of(frame.byteLength).buffer), frame]))),
    read: (input) => {
      const reader = new PacketReader({ packet: (bytes) => void bytes.byteLength, goodbye: () => {} });
      const step = 1 + (input[0] ?? 0);
      for (let at = 0; at < input.byteLength; at += step) reader.read(input.subarray(at, at + step));
    },
    codes: /^ERR_FRAME$/,
  },
  {
    name: 'hello',
    input: jsonLike([HELLO, { type: 'refusal', reason: 'no' }]),
    read: (input) => {
      const list = decodeMessages(flat(framed(input)));
      checkHello(list as Hello[], HELLO, 'somewhere');
    },
    codes: /^ERR_(PROTOCOL|FRAME)$/,
  },
  parserOf('of clients', samples.CLIENT_TO_SCHEDULER, messages.parseClientToScheduler),
  parserOf('of workers', samples.WORKER_TO_SCHEDULER, messages.parseWorkerToScheduler),
  parserOf('to clients', samples.SCHEDULER_TO_CLIENT, messages.parseSchedulerToClient),
  parserOf('to workers', samples.SCHEDULER_TO_WORKER, messages.parseSchedulerToWorker),
  parserOf('to holders of values', samples.TO_HOLDER, messages.parseToHolder),
  parserOf('from holders of values', samples.FROM_HOLDER, messages.parseFromHolder),
  {
    name: 'packed values',
    input: bytesLike(packed),
    read: (input) => {
      const cut = Math.min(input.byteLength, (input.byteLength >> 4) << 2);
      const values = packedFromBuffers(input.subarray(cut), input.subarray(0, cut));
      for (let i = 0; i < values.ends.length; i++) packedValue(values, i);
      float64FromBuffer(input, input.byteLength >> 3);
    },
    codes: /^ERR_PROTOCOL$/,
  },
  {
    name: 'plain values',
    input: bytesLike(values),
    read: (input) => walk(codec.decode(input)),
    codes: /^ERR_(FRAME|IMPORT)$/,
  },
  {
    name: 'graphs of values',
    input: (random) => {
      const input = bytesLike(graphs)(random);
      if (input.byteLength > 0) input[0] = TAG.graph;
      return input;
    },
    read: (input) => walk(codec.decode(input)),
    codes: /^ERR_(FRAME|IMPORT)$/,
  },
  { name: 'errors', input: bytesLike(errors), read: (input) => walk(codec.decodeError(input)), codes: /^never$/ },
  {
    name: 'contacts and scheduler files',
    input: (random) =>
      random.below(2) === 0
        ? jsonLike([CONTACT])(random)
        : bytesLike([encoder.encode(JSON.stringify(CONTACT))])(random),
    read: (input) => parseContact(decoder.decode(input), 'a file'),
    codes: /^ERR_RENDEZVOUS$/,
  },
  {
    name: 'references to shared memory',
    input: (random) => {
      const reference = encodeReference(100_000, mutateJson(TICKET, random));
      return random.below(2) === 0 ? reference : mutateBytes(reference, reference, random);
    },
    read: (input) => {
      if (input.byteLength > 0) input[0] = REFERENCE[0] as number;
      walk(codec.decode(input));
    },
    codes: /^ERR_(FRAME|SHARED_MEMORY)$/,
    isAlwaysWrong: true,
  },
  {
    name: "what carries Dragon's packets",
    input: bytesLike(carrierFrames),
    read: (input) => decodeCarrierFrame(input),
    codes: /^ERR_FRAME$/,
  },
  {
    name: 'marks of owners',
    input: bytesLike([encoder.encode('123@456789@pid:[4026531836]')]),
    read: (input) => parseOwner(decoder.decode(input)),
    codes: /^never$/,
  },
];

export function codeOf(error: unknown): string {
  return error instanceof Error ? String((error as RolecallError).code ?? error.name) : typeof error;
}
