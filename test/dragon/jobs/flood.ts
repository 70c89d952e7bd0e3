/** Sends small packets to a listener through Dragon, as many as can be under way, until it is ended. `node flood.ts <token> <secret> <address>`. */
import { findDragon } from '../../../src/dragon/find-library.ts';
import { DragonRuntime } from '../../../src/dragon/runtime.ts';
import { DragonTransport } from '../../../src/dragon/transport.ts';
import { StreamTransport } from '../../../src/transport/stream.ts';

const [token = '', secret = '', address = ''] = process.argv.slice(2);
const runtime = await DragonRuntime.join({ library: findDragon().library, token, log: () => {} });
const stream = new StreamTransport(Buffer.from(secret, 'hex'));
const transport = new DragonTransport(stream, { current: () => runtime, ready: async () => {} });
const connection = await transport.connect(address);
connection.open({ packet: () => {}, closed: () => process.exit() });
const packet = new Uint8Array(64);
const send = (): void => connection.send([packet], send);
for (let underWay = 0; underWay < 400; underWay++) send();
