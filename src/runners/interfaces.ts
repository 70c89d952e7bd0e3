/**
 * On which addresses of a host a rank listens, and so publishes. Pure: what interfaces there are comes in. Never on all of them at
 * once (`0.0.0.0`): each is named, so that others know what to try.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { RolecallError } from '../errors.ts';
import type { Identity } from './identity.ts';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface Wish {
  /** All ranks are on this machine. */
  readonly isOneHost: boolean;
  /** The user's own choices: a name or address, or names of interfaces, separated by commas. */
  readonly host?: string | undefined;
  readonly interface?: string | undefined;
  /** What the options belong to, for the error text. */
  readonly what: string;
}

/** Where to listen. */
export interface Places {
  readonly hosts: readonly string[];
  /** The user did not name them: one that cannot be used may be left out. */
  readonly guessed: boolean;
}

const LOOPBACK = '127.0.0.1';
/** Of containers and virtual machines on this host. */
const INSIDE = /^(docker|br-|virbr|veth|vnet|cni|cali|flannel|podman|lxc|lxdbr|kube)/;
/** Networks that are made for traffic between nodes: Slingshot, InfiniBand, Omni-Path. */
const FAST = /^(hsn|ib|opa|mlx)/;
/** More would only take time to try. */
const MOST_PLACES = 8;

/** Launchers that start their ranks on this machine, whoever else may find the scheduler by a file. */
const LOCAL = ['local', 'rolecall'];

/** Whether all that need to reach each other are on this machine: clients that have only a file may be anywhere. */
export function isOneHost({ launcher, size, localSize }: Identity, schedulerFile: string | undefined): boolean {
  return localSize === size && (schedulerFile === undefined || LOCAL.includes(launcher));
}

/** Whether an address such as `wss://127.0.0.1:4711` reaches this machine only. */
export function isLoopback(address: string): boolean {
  return /\/\/(127\.|\[::1\]|localhost[:/])/.test(address);
}

/** @throws {RolecallError} `ERR_INVALID_OPTION` if there is no such interface, or it has no address. */
export function placesToListen(interfaces: Interfaces, wish: Wish): Places {
  if (wish.host !== undefined) return { hosts: [wish.host], guessed: false };
  if (wish.interface !== undefined) return { hosts: named(interfaces, wish.interface, wish.what), guessed: false };
  if (wish.isOneHost) return { hosts: [LOOPBACK], guessed: false };
  const names = Object.keys(interfaces).filter((name) => !INSIDE.test(name));
  const ordered = names.sort(
    (a, b) => Number(FAST.test(b)) - Number(FAST.test(a)) || a.localeCompare(b, 'en', { numeric: true }),
  );
  const hosts = ordered.flatMap((name) => addressesOf(interfaces, name).filter(({ internal }) => !internal));
  if (hosts.length === 0) return { hosts: [LOOPBACK], guessed: true };
  return { hosts: byFamily(hosts).slice(0, MOST_PLACES), guessed: true };
}

function named(interfaces: Interfaces, names: string, what: string): string[] {
  const hosts = names.split(',').flatMap((name) => {
    const addresses = addressesOf(interfaces, name.trim());
    if (addresses.length > 0) return addresses;
    const usable = Object.keys(interfaces).filter((one) => addressesOf(interfaces, one).length > 0);
    const text = `Cannot listen on the interface "${name.trim()}" (${what}): this host has ${usable.join(', ')}`;
    throw new RolecallError('ERR_INVALID_OPTION', text);
  });
  return byFamily(hosts);
}

/** Addresses that mean the same host everywhere: those of IPv6 that hold on one link only do not. */
function addressesOf(interfaces: Interfaces, name: string): NetworkInterfaceInfo[] {
  const isLinkLocal = /^(fe80:|169\.254\.)/i;
  return (interfaces[name] ?? []).filter(({ address }) => !isLinkLocal.test(address));
}

/** Those of IPv4 first: every cluster has them. */
function byFamily(addresses: readonly NetworkInterfaceInfo[]): string[] {
  const of = (family: string): string[] => addresses.filter((one) => one.family === family).map((one) => one.address);
  return [...of('IPv4'), ...of('IPv6')];
}
