import type { Message } from '../protocol/frame.ts';
import { Channel } from './channel.ts';
import type { ChannelOptions } from './channel-options.ts';
import { connectAny } from './connect.ts';
import type { Transport } from './transport.ts';

const BEAT_MS = 100;
const BLOCKED_MS = 1000;

/**
 * Opens a channel to a peer at the first of its addresses that answers. User code may compute for minutes without coming back to
 * the event loop; what fails meanwhile, because an answer lay unread, is tried again.
 *
 * @throws {RolecallError} as `connectAny` and `Channel.open`.
 */
export async function openChannel<In extends Message, Out extends Message>(
  transports: readonly Transport[],
  addresses: readonly string[],
  options: ChannelOptions<In>,
): Promise<Channel<In, Out>> {
  for (;;) {
    const pauses = new Pauses();
    try {
      return await Channel.open<In, Out>(await connectAny(transports, addresses), options);
    } catch (error) {
      if (pauses.longestMs < BLOCKED_MS) throw error;
    } finally {
      pauses.stop();
    }
  }
}

/** How long the event loop stood still. */
class Pauses {
  #lastBeat = performance.now();
  #longest = 0;
  readonly #timer = setInterval(() => this.#beat(), BEAT_MS).unref();

  get longestMs(): number {
    this.#beat();
    return this.#longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#lastBeat);
    this.#lastBeat = now;
  }
}
