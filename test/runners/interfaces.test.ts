import type { NetworkInterfaceInfo } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Interfaces, isLoopback, isOneHost, placesToListen } from '../../src/runners/interfaces.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('placesToListen');
const WHAT = 'schedulerOptions.interface';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const v6 = text.includes(':');
  const rest = { address: text, netmask: '', mac: '', internal, cidr: null };
  return v6 ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
}

const NODE: Interfaces = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  eth1: [address('172.30.1.1'), address('fe80::2')],
  eth0: [address('10.9.0.1'), address('fd09::1')],
  docker0: [address('172.17.0.1')],
  ib0: [address('192.168.7.1')],
  eth10: [address('10.9.1.1'), address('169.254.1.1')],
  usb0: [address('fe80::1')],
};

test('all ranks on one host: the loopback address alone', () => {
  assert.equal(placesToListen(NODE, { isOneHost: true, what: WHAT }).hosts, ['127.0.0.1']);
});

test('several hosts: every network, fast ones first, IPv4 first; no container, no link-local, no loopback', () => {
  const { hosts, guessed } = placesToListen(NODE, { isOneHost: false, what: WHAT });
  assert.equal(hosts, ['192.168.7.1', '10.9.0.1', '172.30.1.1', '10.9.1.1', 'fd09::1']);
  assert.ok(guessed);
});

test('never more than eight', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`eth${i}`, [address(`10.0.${i}.1`)]]));
  assert.is(placesToListen(many, { isOneHost: false, what: WHAT }).hosts.length, 8);
});

test('a host without any network still listens', () => {
  assert.equal(placesToListen({ lo: NODE['lo'] }, { isOneHost: false, what: WHAT }).hosts, ['127.0.0.1']);
});

test('the host that the user named is the only one, as is', () => {
  const wish = { isOneHost: false, host: 'node1-ib', interface: 'eth0', what: WHAT };
  assert.equal(placesToListen(NODE, wish), { hosts: ['node1-ib'], guessed: false });
});

test('interfaces that the user named, in that order', () => {
  const hosts = (name: string) => placesToListen(NODE, { isOneHost: true, interface: name, what: WHAT }).hosts;
  assert.equal(hosts('eth0'), ['10.9.0.1', 'fd09::1']);
  assert.equal(hosts('eth1, ib0'), ['172.30.1.1', '192.168.7.1']);
  assert.equal(hosts('docker0'), ['172.17.0.1']);
});

test('an interface that is not there, or has no address, is an error that names those that could be meant', () => {
  for (const name of ['ib9', 'usb0']) {
    const error = thrown(
      () => placesToListen(NODE, { isOneHost: false, interface: name, what: WHAT }),
      'ERR_INVALID_OPTION',
    );
    assert.is(
      error.message,
      `Cannot listen on the interface "${name}" (${WHAT}): this host has lo, eth1, eth0, docker0, ib0, eth10`,
    );
  }
});

test('isOneHost: only if all ranks are on this node, and no client may come from elsewhere', () => {
  const identity = { launcher: 'slurm', rank: 0, size: 4, localRank: 0, localSize: 4, run: '' };
  assert.is(isOneHost(identity, undefined), true);
  assert.is(isOneHost({ ...identity, localSize: 2 }, undefined), false);
  assert.is(isOneHost({ ...identity, localSize: undefined }, undefined), false);
  assert.is(isOneHost(identity, 'scheduler.json'), false);
  assert.is(isOneHost({ ...identity, launcher: 'rolecall' }, 'scheduler.json'), true);
});

test('isLoopback', () => {
  for (const here of ['wss://127.0.0.1:4', 'tls://[::1]:4', 'ws://localhost:4', 'tls://127.9.9.9:4'])
    assert.ok(isLoopback(here), here);
  for (const there of ['wss://10.0.0.1:4', 'tls://[fd09::1]:4', 'ws://localhost.org:4'])
    assert.not(isLoopback(there), there);
});

test.run();
