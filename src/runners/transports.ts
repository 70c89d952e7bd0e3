import { noRuntime, ownRuntime } from '../dragon/membership.ts';
import type { RuntimeSource } from '../dragon/transport.ts';
import { OnDemandTransport } from '../transport/on-demand.ts';
import type { Transport } from '../transport/transport.ts';
import type { Contact } from './rendezvous/contact.ts';
import type { TransportName } from './transport-names.ts';

/**
 * The transports by which everybody in the run of this contact can be reached. Whoever listens does so on the first; whoever
 * connects takes the one that an address names.
 */
export function transportsOf(
  { secret }: Pick<Contact, 'secret'>,
  first: TransportName = 'tls',
  runtime: RuntimeSource = ownRuntime,
): readonly [Transport, ...Transport[]] {
  const security = secret === null ? 'none' : new Uint8Array(Buffer.from(secret, 'base64'));
  const stream = new OnDemandTransport(security === 'none' ? 'tcp' : 'tls', async () => {
    const { StreamTransport } = await import('../transport/stream.ts');
    return new StreamTransport(security);
  });
  const ws = new OnDemandTransport(security === 'none' ? 'ws' : 'wss', async () => {
    const { WsTransport } = await import('../transport/ws.ts');
    return new WsTransport(security);
  });
  const dragon = new OnDemandTransport('dragon', async () => {
    const { DragonTransport } = await import('../dragon/transport.ts');
    return new DragonTransport(stream, runtime);
  });
  if (first === 'dragon') return [dragon, stream, ws];
  return first === 'tls' ? [stream, ws, dragon] : [ws, stream, dragon];
}

/** The same by sockets alone: what is sent there has left the process when `flush` returns, though it exits at once. */
export function socketsOf(contact: Pick<Contact, 'secret'>): readonly Transport[] {
  return transportsOf(contact, 'tls', noRuntime);
}
