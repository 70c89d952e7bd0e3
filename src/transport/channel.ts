import { RolecallError } from '../errors.ts';
import { decodeFrame, type Message } from '../protocol/frame.ts';
import { checkHello, type Hello, type Refusal, refusalReason } from '../protocol/hello.ts';
import { Reassembler } from '../protocol/parts.ts';
import { CHANNEL_LIMITS, type ChannelHandlers, type ChannelLimits, type ChannelOptions } from './channel-options.ts';
import { Outgoing } from './outgoing.ts';
import { Silence, silenceText } from './silence.ts';
import type { Connection } from './transport.ts';

interface Greeting {
  readonly kind: 'greeting';
  readonly opened: () => void;
  readonly failed: (error: RolecallError) => void;
}

type State<In extends Message> =
  | Greeting
  /** Between `open` and `start`, messages wait. */
  | { readonly kind: 'waiting'; readonly backlog: In[][] }
  | { readonly kind: 'started'; readonly handlers: ChannelHandlers<In> };

interface Ending {
  readonly reason: RolecallError | undefined;
}

const HELLO_MS = 10_000;
const CLOSE_MS = 2_000;
const GOODBYE: Message = { type: 'goodbye' };

/**
 * Messages to and from one peer over one connection, in order. Each side says hello first and goodbye last; what one turn of the
 * event loop writes goes out as one frame.
 */
export class Channel<In extends Message, Out extends Message> {
  readonly #connection: Connection;
  readonly #options: ChannelOptions<In>;
  readonly #limits: ChannelLimits;
  readonly #reassembler: Reassembler;
  readonly #outgoing: Outgoing;
  #state: State<In>;
  #peer: Hello | undefined;
  #saidGoodbye = false;
  #heardGoodbye = false;
  /** Set when it is certain how the channel ends; nothing is read from then on. */
  #ending: Ending | undefined;
  #arrivedBytes = 0;
  /** Until when the peer must have said hello, or goodbye. */
  #timer: NodeJS.Timeout | undefined;
  #silence: Silence | undefined;
  readonly #ended = Promise.withResolvers<void>();

  /**
   * Exchanges hellos with the peer.
   *
   * @throws RolecallError ERR_PROTOCOL if the peer's versions are others, its hello is none, or it refuses this side; ERR_DEADLINE
   * if it says nothing in time; ERR_FRAME if it sends no frame; ERR_CONNECTION_LOST if it leaves.
   */
  static open<In extends Message, Out extends Message>(
    connection: Connection,
    options: ChannelOptions<In>,
  ): Promise<Channel<In, Out>> {
    return new Promise((resolve, reject) => {
      const opened = () => resolve(channel);
      const channel = new Channel<In, Out>(connection, options, { kind: 'greeting', opened, failed: reject });
    });
  }

  private constructor(connection: Connection, options: ChannelOptions<In>, state: State<In>) {
    const { hello, limits = CHANNEL_LIMITS, roomFor, deadlineMs = HELLO_MS, defer = endOfTurn } = options;
    this.#connection = connection;
    this.#options = options;
    this.#limits = limits;
    this.#reassembler = new Reassembler(limits.frameBytes, roomFor);
    this.#outgoing = new Outgoing(connection, defer);
    this.#state = state;
    this.#timer = setTimeout(() => this.#onNoHello(deadlineMs), deadlineMs);
    this.#outgoing.send(hello);
    this.#outgoing.flush();
    connection.open({
      packet: (bytes) => this.#onPacket(bytes),
      room: (bytes) => this.#reassembler.room(bytes),
      closed: (reason) => this.#onConnectionClosed(reason),
    });
  }

  /** What the peer said of itself. */
  get peer(): Hello {
    return this.#peer as Hello; // nobody holds the channel before it is known
  }

  /** The peer has said goodbye, so it knows of the end. */
  get heardGoodbye(): boolean {
    return this.#heardGoodbye;
  }

  /** Bytes of messages that have not left this process's memory. */
  get queuedBytes(): number {
    return this.#outgoing.bytes;
  }

  /** Begins to hand over what the peer sends; to be called once, soon after `open`. */
  start(handlers: ChannelHandlers<In>): void {
    queueMicrotask(() => {
      const backlog = this.#state.kind === 'waiting' ? this.#state.backlog : [];
      this.#state = { kind: 'started', handlers };
      for (const batch of backlog) handlers.messages(batch);
      this.#ended.promise.then(() => handlers.closed(this.#ending?.reason));
    });
  }

  /** Sends a message at the end of this turn. After the end of the channel it does nothing. Buffers must not change any more. */
  send(message: Out): void {
    this.#outgoing.send(message);
  }

  /**
   * Sends what was written so far, at once: to be used when the process is about to exit.
   *
   * @returns true if everything has been handed to the kernel, so that it leaves even if the process exits now. False if an earlier
   * write is still under way: then the rest needs a further turn of the event loop. Last words that must not get lost so need a
   * channel of their own, on which nothing else is sent.
   */
  flush(): boolean {
    return this.#outgoing.flush();
  }

  /** Resolves once `queuedBytes` is low, or the channel has ended. */
  drained(): Promise<void> {
    return this.#outgoing.drained();
  }

  /** Whether the channel alone keeps the process from exiting, as it does at first. */
  keepAlive(on: boolean): void {
    this.#connection.keepAlive(on);
  }

  /** From now on the peer must say something at least so often; else the channel ends with `ERR_DEADLINE`. */
  limitSilence(limitMs: number): void {
    this.#silence?.stop();
    if (this.#ending !== undefined) return;
    this.#silence = new Silence(limitMs, () => {
      this.#settle(new RolecallError('ERR_DEADLINE', `it ${silenceText(limitMs)}`));
      if (!this.#saidGoodbye) this.#sayGoodbye(); // if it only stands still, it reads that when it goes on
      this.#connection.destroy();
    });
  }

  /**
   * Sends what there is to send and says goodbye; resolves when the peer has said it as well, or the connection is gone. A peer that
   * neither reads nor answers for two seconds is left.
   */
  async close(): Promise<void> {
    if (this.#ending === undefined && !this.#saidGoodbye) {
      this.#sayGoodbye();
      this.#leaveWhenStuck();
    }
    await this.#ended.promise;
  }

  /** Ends the channel at once, without a goodbye. */
  destroy(): void {
    this.#ending ??= { reason: undefined };
    this.#connection.destroy();
  }

  #sayGoodbye(): void {
    this.#saidGoodbye = true;
    this.#outgoing.send(GOODBYE);
    this.#outgoing.flush();
  }

  /** Waits for the end of the connection as long as bytes go out or come in. */
  #leaveWhenStuck(): void {
    const queued = this.queuedBytes;
    const arrived = this.#arrivedBytes;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.queuedBytes < queued || this.#arrivedBytes > arrived) this.#leaveWhenStuck();
      else this.#connection.destroy();
    }, CLOSE_MS);
  }

  #onPacket(bytes: Uint8Array): void {
    if (this.#ending !== undefined) return;
    this.#arrivedBytes += bytes.byteLength;
    this.#silence?.heard();
    let batch: In[];
    let farewell: Message | undefined;
    try {
      const frame = this.#reassembler.push(bytes);
      if (frame === undefined) return;
      const messages = decodeFrame(frame, this.#limits);
      if (this.#state.kind === 'greeting') return this.#onGreeting(messages, this.#state);
      if (isFarewell(messages.at(-1))) farewell = messages.pop();
      batch = messages.map((message) => this.#options.parse(message, this.peer));
    } catch (error) {
      return this.#cutOff(error as Error);
    }
    if (batch.length > 0) this.#handOver(batch);
    if (farewell !== undefined) this.#onFarewell(farewell);
  }

  #onGreeting(messages: readonly Message[], { opened }: Greeting): void {
    const [first] = messages;
    if (first?.type === 'refusal') return this.#onFarewell(first);
    this.#peer = checkHello(messages, this.#options.hello, this.#connection.remote);
    clearTimeout(this.#timer);
    this.#state = { kind: 'waiting', backlog: [] };
    opened();
  }

  #onNoHello(deadlineMs: number): void {
    this.#settle(new RolecallError('ERR_DEADLINE', `No hello from ${this.#who} within ${deadlineMs} ms`));
    this.#connection.destroy();
  }

  #handOver(batch: In[]): void {
    if (this.#state.kind === 'started') this.#state.handlers.messages(batch);
    else if (this.#state.kind === 'waiting') this.#state.backlog.push(batch);
  }

  #onFarewell(message: Message): void {
    this.#heardGoodbye = message.type === 'goodbye';
    if (this.#heardGoodbye) this.#settle(undefined);
    else this.#settle(new RolecallError('ERR_PROTOCOL', `${this.#who} refused to go on: ${refusalReason(message)}`));
    if (!this.#saidGoodbye) this.#sayGoodbye();
    this.#outgoing.end();
    this.#leaveWhenStuck();
  }

  #cutOff(cause: Error): void {
    const code = cause instanceof RolecallError ? cause.code : 'ERR_PROTOCOL';
    const refusal: Refusal = { type: 'refusal', reason: cause.message };
    this.#settle(new RolecallError(code, `Cut off ${this.#who}: ${cause.message}`, { cause }));
    this.#outgoing.send(refusal);
    this.#outgoing.end();
    this.#leaveWhenStuck();
  }

  #onConnectionClosed(reason: RolecallError | undefined): void {
    clearTimeout(this.#timer);
    this.#silence?.stop();
    this.#outgoing.drop();
    const { code = 'ERR_CONNECTION_LOST', message = 'it left without a goodbye' } = reason ?? {};
    const lost = new RolecallError(code, `Lost ${this.#who}: ${message}`, { cause: reason });
    this.#settle(this.#saidGoodbye ? undefined : lost);
    this.#ended.resolve();
  }

  /** Decides how the channel ends; the first reason counts. */
  #settle(reason: RolecallError | undefined): void {
    this.#ending ??= { reason };
    if (this.#state.kind === 'greeting' && reason !== undefined) this.#state.failed(reason);
  }

  get #who(): string {
    return this.#peer === undefined ? this.#connection.remote : `${this.#peer.role} ${this.#peer.process}`;
  }
}

/** After the code that runs now and all microtasks that it leads to: an `await` in it does not tear its messages apart. */
function endOfTurn(flush: () => void): void {
  queueMicrotask(() => process.nextTick(flush));
}

function isFarewell(message: Message | undefined): boolean {
  return message !== undefined && (message.type === 'goodbye' || message.type === 'refusal');
}
