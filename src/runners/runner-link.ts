/**
 * The client's rank at the scheduler: its life is this connection. A goodbye ends the cluster; a connection that breaks
 * without one means that the rank was killed, and ends it too. The client's rank runs user code and may not come to its event
 * loop for a long time, so nothing else is expected of it.
 */
import { RolecallError } from '../errors.ts';
import type { Message } from '../protocol/frame.ts';
import type { ClientToScheduler } from '../protocol/messages.ts';
import type { Channel } from '../transport/channel.ts';
import { openChannel } from '../transport/open-channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import { type Farewell, sayFarewell } from './farewell.ts';
import type { Contact } from './rendezvous/contact.ts';
import { socketsOf } from './transports.ts';

type LinkMessage = Extract<ClientToScheduler, { type: 'end' | 'alive' }>;
type LinkChannel = Channel<Message, LinkMessage>;

export interface RunnerLinkOptions {
  readonly contact: Contact;
  readonly rank: number;
  /** After this time of silence the scheduler is given up. */
  readonly silenceMs: number;
  /** Called when the scheduler is, or may be, gone without a goodbye, until it returns true. */
  readonly onGone: (reason?: RolecallError) => boolean;
}

export class RunnerLink {
  readonly #contact: Contact;
  readonly #rank: number;
  readonly #silenceMs: number;
  readonly #opening: Promise<LinkChannel | undefined>;
  #channel: LinkChannel | undefined;
  #ended = false;
  readonly #onExit = (code: number): void => this.#sayExit(code);
  readonly #onGone: (reason?: RolecallError) => boolean;
  #goneIsHandled = false;

  constructor({ contact, rank, silenceMs, onGone }: RunnerLinkOptions) {
    this.#contact = contact;
    this.#rank = rank;
    this.#silenceMs = silenceMs;
    this.#onGone = onGone;
    this.#opening = this.#open().catch(() => undefined); // the client meets the same trouble and says it
    process.on('exit', this.#onExit);
  }

  /** Asks for the end of the cluster and waits until the scheduler has said goodbye. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    process.off('exit', this.#onExit);
    const channel = await this.#opening;
    if (channel === undefined) return this.#sayFarewell();
    channel.keepAlive(true);
    channel.send({ type: 'end', code: 0 });
    await channel.close();
    if (!channel.heardGoodbye) this.#gone(new RolecallError('ERR_DEADLINE', 'it does not answer'));
  }

  /** Without a connection. If the scheduler is gone too, nobody else tells the ranks that have not met it. */
  #sayFarewell(): void {
    if (sayFarewell({ contact: this.#contact, rank: this.#rank })) return;
    this.#gone(new RolecallError('ERR_CONNECTION_LOST', 'it cannot be reached'));
  }

  #gone(reason?: RolecallError): void {
    this.#goneIsHandled ||= this.#onGone(reason);
  }

  async #open(): Promise<LinkChannel> {
    const channel = await openLink(this.#contact, this.#rank, (reason) => {
      if (reason !== undefined) this.#gone(reason);
    });
    channel.limitSilence(this.#silenceMs);
    if (!this.#ended) channel.keepAlive(false); // it alone must not keep the process alive
    this.#channel = channel;
    return channel;
  }

  /** `process.exit` in the block, or an error that nobody caught: no promise runs any more, but a write still leaves. */
  #sayExit(code: number): void {
    if (this.#ended) return;
    if (this.#channel === undefined) return this.#sayFarewell();
    this.#channel.send({ type: 'end', code });
    this.#channel.flush();
    this.#gone(); // perhaps it is, and that has not been heard yet
  }
}

/** Says goodbye for a client's rank that could not, from another process. Rejects if there is no scheduler any more. */
export async function deliverFarewell({ contact, rank }: Farewell): Promise<void> {
  const channel = await openLink(contact, rank, () => {});
  channel.send({ type: 'end', code: 0 });
  await channel.close();
}

async function openLink(
  contact: Contact,
  rank: number,
  closed: (reason: RolecallError | undefined) => void,
): Promise<LinkChannel> {
  const options = { hello: ownHello('runner', rank), parse: (message: Message) => message };
  const channel = await openChannel<Message, LinkMessage>(socketsOf(contact), contact.addresses, options);
  // The scheduler asks whether this rank is alive. It warns if it gets no answer, and does nothing else.
  channel.start({ messages: () => channel.send({ type: 'alive' }), closed });
  return channel;
}
