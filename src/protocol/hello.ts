/**
 * The first message of each side. Its form, and that of a refusal, never change: they must be understood by every other
 * version of this package, past and future. Everything after them may.
 */
import { RolecallError } from '../errors.ts';
import type { Message } from './frame.ts';

/** Raised with every change of frames or messages that an older process would misunderstand. */
export const PROTOCOL_VERSION = 1;

/** Who is at the other end of a channel, in its own words. */
export interface Hello extends Message {
  readonly type: 'hello';
  readonly protocol: number;
  /** Major version of Node.js: values are written in a format that an older one cannot read. */
  readonly node: number;
  readonly role: string;
  /** Name of the process, the same for every connection that it makes and when it comes back. */
  readonly process: string;
  /** Tells one life of the process from the next. */
  readonly incarnation: number;
  /** What else the two sides should know of each other from the start: plain JSON, not checked here. */
  readonly about: unknown;
}

/** The answer to a peer with which this process cannot go on; the last message on its channel. */
export interface Refusal extends Message {
  readonly type: 'refusal';
  readonly reason: string;
}

const NAME_LENGTH = 1000;

/**
 * Checks what a peer at `place` sent first. Versions come first, since with another one the rest may look different.
 *
 * @throws RolecallError ERR_PROTOCOL if it is not the hello of a peer that can be talked to.
 */
export function checkHello(messages: readonly Message[], own: Hello, place: string): Hello {
  const [message] = messages;
  expect(message?.type === 'hello', `the first message is "${message?.type.slice(0, 100)}", expected "hello"`);
  const { protocol, node } = message as Partial<Hello>;
  expect(
    protocol === own.protocol,
    `${place} speaks protocol ${shown(protocol)}, this process ${own.protocol}. Start all ranks from the same installation of rolecall`,
  );
  expect(
    node === own.node,
    `${place} runs Node.js ${shown(node)}, this process Node.js ${own.node}. Start all ranks with the same Node.js`,
  );
  const { role, process, incarnation, about } = message as Partial<Hello>;
  expect(isName(role) && isName(process), 'the hello does not name role and process');
  expect(Number.isSafeInteger(incarnation), 'the hello has no incarnation');
  expect(messages.length === 1 && message.buffers === undefined, 'more came with the hello');
  return { type: 'hello', protocol, node, role, process, incarnation: incarnation as number, about };
}

/** The text of a refusal that a peer sent; what it sent is not trusted to be one. */
export function refusalReason(message: Message): string {
  const { reason } = message as Partial<Refusal>;
  return typeof reason === 'string' ? reason.slice(0, NAME_LENGTH) : 'it gave no reason';
}

/** It need not be a number, and what it is need not have a text. */
function shown(version: unknown): string {
  return typeof version === 'object' ? 'that is an object' : String(version).slice(0, 100);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH;
}

function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RolecallError('ERR_PROTOCOL', `Cannot talk to a peer: ${otherwise}`);
}
