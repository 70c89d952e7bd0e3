import type { RolecallError } from '../../src/errors.ts';
import type { Message } from '../../src/protocol/frame.ts';
import type { Hello } from '../../src/protocol/hello.ts';
import { Channel } from '../../src/transport/channel.ts';
import type { ChannelOptions } from '../../src/transport/channel-options.ts';
import { InprocTransport } from '../../src/transport/inproc.ts';
import { ownHello } from '../../src/transport/own-hello.ts';
import type { Connection, Transport } from '../../src/transport/transport.ts';
import { within } from './within.ts';

/** Any message, with any fields. */
export interface AnyMessage extends Message {
  readonly [field: string]: unknown;
}

export type AnyChannel = Channel<AnyMessage, AnyMessage>;

/** A channel, and what has come in over it. */
export class ChannelInbox {
  readonly batches: (readonly AnyMessage[])[] = [];
  readonly #closed = Promise.withResolvers<RolecallError | undefined>();

  constructor(channel: AnyChannel) {
    channel.start({ messages: (batch) => this.batches.push(batch), closed: this.#closed.resolve });
  }

  /** Resolves with the reason when the channel has ended. */
  get closed(): Promise<RolecallError | undefined> {
    return within(this.#closed.promise, 'the end of a channel');
  }

  get messages(): AnyMessage[] {
    return this.batches.flat();
  }
}

export function helloFrom(process: string, changes: Partial<Hello> = {}): Hello {
  return { ...ownHello('worker'), process, ...changes };
}

export function openChannel(
  connection: Connection,
  process: string,
  options: Partial<ChannelOptions<AnyMessage>> = {},
): Promise<AnyChannel> {
  return Channel.open(connection, { hello: helloFrom(process), parse: (message) => message as AnyMessage, ...options });
}

/** Two ends of one new connection; the second is the one that listened. */
export async function connectionPair(transport: Transport = new InprocTransport()): Promise<[Connection, Connection]> {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await transport.listen({}, accepted.resolve);
  const near = await transport.connect(listener.addresses[0] as string);
  const far = await within(accepted.promise, 'the other side');
  await listener.close();
  return [near, far];
}

/** Two ends of one open channel. */
export async function channelPair(
  transport?: Transport,
  options: Partial<ChannelOptions<AnyMessage>> = {},
): Promise<[AnyChannel, AnyChannel]> {
  const [near, far] = await connectionPair(transport);
  return Promise.all([openChannel(near, 'near', options), openChannel(far, 'far', options)]);
}
