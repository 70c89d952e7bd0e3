/** What comes from others may have keys like `__proto__`: they are keys like any other, and change nothing that is not theirs. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFrame, encodeFrame, type Message } from '../../src/protocol/frame.ts';
import { checkHello } from '../../src/protocol/hello.ts';
import { parseClientToScheduler } from '../../src/protocol/messages.ts';
import { parseContact } from '../../src/runners/rendezvous/contact.ts';
import { ownHello } from '../../src/transport/own-hello.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { submit } from './impostor.ts';

const test = suite('prototype pollution by what others send');
const OPTIONS = { what: 'a value', code: 'ERR_UNSERIALISABLE_ARGUMENT' } as const;
const EVIL = [
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"a":{"__proto__":{"polluted":1},"toString":null}}',
  '[{"__proto__":{"polluted":1}}]',
  '{"__proto__":null,"hasOwnProperty":1,"valueOf":{"x":1}}',
].map((text) => JSON.parse(text) as object);

test.after.each(() => {
  for (const some of [{}, [], () => {}, new Map(), new Error('x')])
    assert.is((some as { polluted?: unknown }).polluted, undefined);
});

/** As plain data, and as a graph: what else is in it decides. */
const COMPANIONS: readonly unknown[] = [0, new Float64Array(3), Symbol.iterator, new Error('x'), class A {}];

for (const companion of COMPANIONS) {
  test(`values, beside ${typeof companion === 'object' ? (companion as object).constructor.name : typeof companion}`, () => {
    for (const evil of EVIL) {
      const codec = new ValueCodec();
      const [back] = new ValueCodec().decode(codec.encode([evil, companion], OPTIONS)) as [object];
      assert.equal(JSON.stringify(back), JSON.stringify(evil));
      assert.is(Object.getPrototypeOf(back), Object.getPrototypeOf(evil));
    }
  });
}

test('errors, with such keys on them', () => {
  for (const evil of EVIL) {
    const codec = new ValueCodec();
    const error = Object.defineProperties(new RangeError('x'), Object.getOwnPropertyDescriptors(evil));
    const back = new ValueCodec().decodeError(codec.encodeError(error));
    assert.instance(back, RangeError);
  }
});

test('frames and messages', () => {
  for (const evil of EVIL) {
    const message = { ...submit(1, 1), buffers: undefined, extra: evil } as unknown as Message;
    const text = JSON.stringify({ messages: [message], buffers: [[0, 1, 1]] }).replace('"extra":', '"__proto__":');
    const head = Buffer.from(text);
    const frame = new Uint8Array(
      Buffer.concat([
        Uint8Array.of(1, 0, 0, 0),
        Buffer.from(Uint32Array.of(head.byteLength).buffer),
        head,
        Buffer.alloc(2),
      ]),
    );
    const [decoded] = decodeFrame(frame);
    const parsed = parseClientToScheduler(decoded) as unknown as Record<string, unknown>;
    assert.is(Object.getPrototypeOf(parsed), Object.prototype);
    assert.not('polluted' in parsed);
  }
});

test('a type or an option that is the name of something inherited is none', () => {
  for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.throws(() => parseClientToScheduler({ type } as Message), /is none of its messages/);
  }
});

test('hellos', () => {
  for (const evil of EVIL) {
    const sent = Buffer.concat(encodeFrame([{ ...ownHello('worker'), about: evil } as Message]));
    const hello = checkHello(decodeFrame(new Uint8Array(sent)), ownHello('scheduler'), 'somewhere');
    assert.is(Object.getPrototypeOf(hello), Object.prototype);
  }
});

test('contacts', () => {
  const contact = {
    rolecall: 1,
    run: 'r',
    identity: 'i',
    addresses: ['a'],
    secret: null,
    host: 'h',
    pid: 1,
    pidSpace: '',
    nWorkers: 1,
  };
  for (const evil of EVIL) {
    const text = JSON.stringify({ ...contact, extra: evil }).replace('"extra":', '"__proto__":');
    const parsed = parseContact(text, 'a file');
    assert.is(Object.getPrototypeOf(parsed), Object.prototype);
    assert.equal(Object.keys(parsed).sort(), Object.keys(contact).sort());
  }
});

test.run();
