/**
 * A program for tests that need a peer in another process: `node transport-program.ts <address> <secret> <what to do>`. It opens
 * a channel and does what it is told.
 */
import { WsTransport } from '../../src/transport/ws.ts';
import { type AnyChannel, ChannelInbox, openChannel } from './channel-pair.ts';
import { waitUntil } from './wait-until.ts';

const [address = '', secret = '', what = ''] = process.argv.slice(2);
const transport = new WsTransport(Buffer.from(secret, 'hex'));

async function openIdleChannel(name: string): Promise<AnyChannel> {
  const channel = await openChannel(await transport.connect(address), name);
  new ChannelInbox(channel);
  await waitUntil(() => channel.queuedBytes === 0);
  return channel;
}

function sayLastWordsOnExit(channel: AnyChannel): void {
  process.on('exit', (code) => {
    channel.send({ type: 'last words', code });
    channel.flush();
  });
}

const ACTIONS: Record<string, (channel: AnyChannel) => void | Promise<void>> = {
  /** Stays until it is killed. */
  stay: () => console.log('ready'),
  /** Has nothing more to do, and does not wait for the peer. */
  leave: (channel) => channel.keepAlive(false),
  exit(channel) {
    sayLastWordsOnExit(channel);
    process.exit(7);
  },
  throw(channel) {
    sayLastWordsOnExit(channel);
    throw new Error('not caught');
  },
  /** Exits in the middle of sending far more than the kernel takes, and says its last words over a second channel. */
  async 'exit while sending'(channel) {
    sayLastWordsOnExit(await openIdleChannel('second'));
    channel.send({ type: 'large', buffers: [new Uint8Array(50_000_000)] });
    channel.flush();
    process.exit(7);
  },
};

await ACTIONS[what]?.(await openIdleChannel('first'));
