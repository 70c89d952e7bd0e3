/** The answering side of the data plane: a worker gives out the values that it holds and takes in those that clients put. */
import type { ArrayId } from '../protocol/ids.ts';
import { type FromHolder, parseToHolder, type ToHolder } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedBuffers } from '../protocol/packed-buffers.ts';
import { referenceIn } from '../protocol/reference.ts';
import { blockOf, bytesBehind, ownSpace } from '../store/shared-values.ts';
import type { Room } from '../store/tiered-store.ts';
import { Channel } from '../transport/channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Connection } from '../transport/transport.ts';

/** About how much one answer may hold; the peer asks again for the rest. */
const ANSWER_BYTES = 8 << 20;
/** With more than this on its way to peers, further ones are told to come back. */
const MOST_UNDER_WAY_BYTES = 256 << 20;
const BUSY_MS = 50;

/** What the worker's store must offer to be served. */
export interface ServedValues {
  /** The values from `start` on: at least one, at most `count`, until they are more than `mostBytes`. Undefined if one is not there. */
  get(array: ArrayId, start: number, count: number, mostBytes: number): PackedValues | undefined;
  /** Whether a value can be put here now. */
  roomToPut(): Room;
  /** Rejects with what keeps it from being taken. */
  put(array: ArrayId, index: number, value: Uint8Array): Promise<void>;
}

type PeerChannel = Channel<ToHolder, FromHolder>;

export class ValueServer {
  readonly #values: ServedValues;
  readonly #mostUnderWay: number;
  readonly #channels = new Set<PeerChannel>();

  constructor(values: ServedValues, mostUnderWayBytes = MOST_UNDER_WAY_BYTES) {
    this.#values = values;
    this.#mostUnderWay = mostUnderWayBytes;
  }

  /** Serves one connection until it ends. A peer that misbehaves is cut off by the channel. */
  async serve(connection: Connection, log: (text: string) => void): Promise<void> {
    const opening = Channel.open<ToHolder, FromHolder>(connection, { hello: ownHello('worker'), parse: parseToHolder });
    const channel = await opening.catch((error: Error) => void log(error.message));
    if (channel === undefined) return;
    this.#channels.add(channel);
    channel.start({
      messages: (batch) => {
        for (const message of batch) this.#answer(channel, message);
      },
      closed: (reason) => {
        this.#channels.delete(channel);
        if (reason !== undefined && reason.code !== 'ERR_CONNECTION_LOST') log(reason.message);
      },
    });
  }

  #answer(channel: PeerChannel, message: ToHolder): void {
    const { request } = message;
    const refuse = (error: unknown): void =>
      channel.send({ type: 'refused', request, reason: (error as Error).message });
    try {
      if (message.type === 'get') return channel.send(this.#get(message));
      const room = this.#values.roomToPut();
      if (room.kind === 'soon') return channel.send({ type: 'busy', request, retryMs: BUSY_MS });
      if (room.kind === 'none') throw new Error(room.why);
      const { array, index, buffers } = message;
      const stored = (): void => channel.send({ type: 'stored', request });
      this.#values.put(array, index, buffers[0] ?? new Uint8Array()).then(stored, refuse);
    } catch (error) {
      refuse(error);
    }
  }

  #get({ request, array, start, count, space }: Extract<ToHolder, { type: 'get' }>): FromHolder {
    const found = this.#values.get(array, start, count, ANSWER_BYTES);
    if (found === undefined) return { type: 'absent', request };
    const reference = referenceIn(found);
    const isShared = reference !== undefined && space === ownSpace();
    if (!isShared && this.#isBusy) return { type: 'busy', request, retryMs: BUSY_MS };
    const sent = reference === undefined || isShared ? found : blockOf(bytesBehind(reference));
    return { type: 'values', request, buffers: packedBuffers(sent) };
  }

  get #isBusy(): boolean {
    let underWay = 0;
    for (const channel of this.#channels) underWay += channel.queuedBytes;
    return underWay > this.#mostUnderWay;
  }
}
