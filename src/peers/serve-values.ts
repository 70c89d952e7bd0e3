/** The answering side of the data plane: a worker gives out the values that it holds and takes in those that clients put. */
import type { ArrayId } from '../protocol/ids.ts';
import { type FromHolder, parseToHolder, type ToHolder } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedBuffers } from '../protocol/packed-buffers.ts';
import { referenceIn } from '../protocol/reference.ts';
import { blockOf, bytesBehind, ownSpace } from '../store/shared-values.ts';
import { Channel } from '../transport/channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Connection } from '../transport/transport.ts';

/** About how much one answer may hold; the peer asks again for the rest. */
const ANSWER_BYTES = 8 << 20;

/** What the worker's store must offer to be served. */
export interface ServedValues {
  /** The values from `start` on: at least one, at most `count`, until they are more than `mostBytes`. Undefined if one is not there. */
  get(array: ArrayId, start: number, count: number, mostBytes: number): PackedValues | undefined;
  put(array: ArrayId, index: number, value: Uint8Array): void;
}

/** Serves one connection until it ends. A peer that misbehaves is cut off by the channel. */
export async function serveValues(
  connection: Connection,
  values: ServedValues,
  log: (text: string) => void,
): Promise<void> {
  const opening = Channel.open<ToHolder, FromHolder>(connection, { hello: ownHello('worker'), parse: parseToHolder });
  const channel = await opening.catch((error: Error) => void log(error.message));
  if (channel === undefined) return;
  channel.start({
    messages: (batch) => {
      for (const message of batch) channel.send(answer(message, values));
    },
    closed: (reason) => reason !== undefined && reason.code !== 'ERR_CONNECTION_LOST' && log(reason.message),
  });
}

function answer(message: ToHolder, values: ServedValues): FromHolder {
  const { request, array } = message;
  if (message.type === 'put') {
    values.put(array, message.index, message.buffers[0] ?? new Uint8Array());
    return { type: 'stored', request };
  }
  const found = values.get(array, message.start, message.count, ANSWER_BYTES);
  if (found === undefined) return { type: 'absent', request };
  const reference = message.space === ownSpace() ? undefined : referenceIn(found);
  const sent = reference === undefined ? found : blockOf(bytesBehind(reference));
  return { type: 'values', request, buffers: packedBuffers(sent) };
}
