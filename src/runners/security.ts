import type { Transport } from '../transport/transport.ts';
import { WsTransport } from '../transport/ws.ts';
import type { Contact } from './rendezvous/contact.ts';

/** The transport by which everybody in the run of this contact is reached. */
export function transportOf(contact: Pick<Contact, 'secret'>): Transport {
  const { secret } = contact;
  return new WsTransport(secret === null ? 'none' : new Uint8Array(Buffer.from(secret, 'base64')));
}
