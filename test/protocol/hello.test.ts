import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../../src/protocol/frame.ts';
import { checkHello, type Hello, refusalReason } from '../../src/protocol/hello.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('hello');

const own: Hello = { type: 'hello', protocol: 3, node: 24, role: 'worker', process: 'w1', incarnation: 0, about: null };

function refused(messages: readonly object[], pattern: RegExp): void {
  assert.match(thrown(() => checkHello(messages as Message[], own, 'somewhere'), 'ERR_PROTOCOL').message, pattern);
}

test('checkHello returns what the peer said of itself, and nothing else', () => {
  const peer = { ...own, process: 'w2', incarnation: 5, about: { cores: 4 } };
  assert.equal(checkHello([{ ...peer, more: 1 } as Message], own, 'somewhere'), peer);
});

test('checkHello refuses another protocol version, naming both, whatever else the hello holds', () => {
  refused([{ type: 'hello', protocol: 4 }], /speaks protocol 4, this process 3/);
  refused([{ type: 'hello' }], /speaks protocol undefined, this process 3/);
});

test('checkHello refuses another Node.js major, naming both', () => {
  refused([{ type: 'hello', protocol: 3, node: 26 }], /runs Node\.js 26, this process Node\.js 24/);
});

test('checkHello refuses a hello without names, with buffers or with company', () => {
  refused([{ ...own, role: '' }], /role and process/);
  refused([{ ...own, process: 7 }], /role and process/);
  refused([{ ...own, process: 'x'.repeat(1001) }], /role and process/);
  refused([{ ...own, incarnation: 0.5 }], /incarnation/);
  refused([{ ...own, buffers: [] }], /more came/);
  refused([own, own], /more came/);
});

test('checkHello refuses another first message, or none', () => {
  refused([{ type: 'submit' }], /first message is "submit", expected "hello"/);
  refused([], /first message is "undefined"/);
});

test('refusalReason gives the text of a refusal, shortened, or says that there is none', () => {
  assert.is(refusalReason({ type: 'refusal', reason: 'no' } as Message), 'no');
  assert.is(refusalReason({ type: 'refusal', reason: 'x'.repeat(5000) } as Message).length, 1000);
  assert.is(refusalReason({ type: 'refusal', reason: {} } as Message), 'it gave no reason');
});

test.run();
