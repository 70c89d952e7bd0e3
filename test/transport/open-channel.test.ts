import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RolecallError } from '../../src/errors.ts';
import { InprocTransport } from '../../src/transport/inproc.ts';
import { openChannel } from '../../src/transport/open-channel.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { type AnyMessage, openChannel as answer, helloFrom } from '../support/channel-pair.ts';
import { rejection } from '../support/rejection.ts';

const test = suite('openChannel');
const OPTIONS = { hello: helloFrom('near'), parse: (message: unknown) => message as AnyMessage };

/** A transport whose first connection fails, after this process has computed for some time without a pause. */
function failingFirst(blockedMs: number): { transport: Transport; readonly tries: () => number } {
  const transport = new InprocTransport();
  let tries = 0;
  const connect: Transport['connect'] = async (address, options) => {
    tries += 1;
    if (tries > 1) return transport.connect(address, options);
    const end = performance.now() + blockedMs;
    while (performance.now() < end);
    throw new RolecallError('ERR_CONNECT', 'no answer');
  };
  const listen: Transport['listen'] = (...args) => transport.listen(...args);
  return { transport: { scheme: transport.scheme, listen, connect }, tries: () => tries };
}

test('what fails while the event loop stands still is tried again', async () => {
  const { transport, tries } = failingFirst(1100);
  const listener = await transport.listen({}, (connection) => void answer(connection, 'far'));
  const channel = await openChannel([transport], listener.addresses, OPTIONS);
  assert.is(tries(), 2);
  assert.is(channel.peer.process, 'far');
  await channel.close();
  await listener.close();
});

test('what fails otherwise is not', async () => {
  const { transport, tries } = failingFirst(0);
  await rejection(openChannel([transport], [`${transport.scheme}://nobody`], OPTIONS), 'ERR_CONNECT');
  assert.is(tries(), 1);
});

test.run();
