import { type JoinOptions, joinRuntimeOrDoWithout, ownRuntime, startedByDragon } from '../dragon/membership.ts';
import type { ResolvedRunnerOptions } from './options.ts';
import type { Contact } from './rendezvous/contact.ts';

/** What carries packets now. `embedded` is this package's own: sockets, and memory that processes of a node share. */
export interface TransportsInUse {
  /** Packets between processes of a node. */
  readonly packets: 'embedded' | 'dragon';
  readonly packetsBetweenNodes: 'embedded' | 'dragon';
  /** Large values on a node, which are read in place. */
  readonly values: 'embedded' | 'dragon';
  /** The scheme of the scheduler's first address. */
  readonly scheme: string;
}

/** Joins the runtime of DragonHPC that the run has, if it has one. Without, or if that fails, packets go through sockets. */
export async function joinDragonOf(
  contact: Contact,
  { transport, dragonBetweenNodes }: ResolvedRunnerOptions,
  { log, values }: Pick<JoinOptions, 'log' | 'values'>,
): Promise<void> {
  const isOurParent = transport === 'dragon' && startedByDragon();
  if (contact.dragon === undefined && !isOurParent) return;
  await joinRuntimeOrDoWithout({ contact: contact.dragon ?? null, betweenNodes: dragonBetweenNodes, values, log });
}

export function transportsInUse(addresses: readonly string[]): TransportsInUse {
  const runtime = ownRuntime.current();
  const [address = ''] = addresses;
  return {
    packets: runtime === undefined ? 'embedded' : 'dragon',
    packetsBetweenNodes: runtime?.carriesBetweenNodes === true ? 'dragon' : 'embedded',
    values: runtime?.keepsValues === true ? 'dragon' : 'embedded',
    scheme: address.slice(0, Math.max(0, address.indexOf(':'))),
  };
}
