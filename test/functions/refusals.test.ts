import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RolecallError } from '../../src/errors.ts';
import { ValueCodec } from '../../src/values/codec.ts';
import { ARGUMENT } from './support/second-realm.ts';

const test = suite('what cannot be sent');
const codec = new ValueCodec();
const db = new Socket();

function refusal(send: () => unknown): string {
  try {
    send();
  } catch (error) {
    assert.instance(error, RolecallError);
    assert.match((error as RolecallError).code, /^ERR_UNSERIALISABLE_(ARGUMENT|FUNCTION)$/);
    return (error as RolecallError).message;
  }
  throw new Error('nothing was thrown');
}
const ofFunction = (fn: unknown) => refusal(() => codec.encodeFunction(fn));
const ofArgument = (value: unknown) => refusal(() => codec.encode(value, ARGUMENT));

class Private {
  #secret = 1;
  reveal() {
    return this.#secret;
  }
}
class Account extends Private {}

test('a live socket, with the path to it', () => {
  const step = () => db.remoteAddress;
  assert.is(ofFunction(step), 'cannot send task function: `step` -> `db` is a live Socket of this process');
});

test('the environment of this process, with the way out', () => {
  const text = ofArgument(process.env);
  assert.match(text, /is process\.env \(pass a copy: `\{ \.\.\.process\.env \}`\)/);
});

test('a server deep in a captured object', () => {
  const config = { servers: [{ main: createServer() }] };
  const step = () => config.servers.length;
  assert.is(
    ofFunction(step),
    'cannot send task function: `step` -> `config.servers[0].main` is a live Server of this process',
  );
});

test('an instance of a class with private fields, also of a subclass', () => {
  const p = new Private();
  const problem = 'which has private (#) fields that cannot be read from outside';
  assert.is(
    ofFunction(() => p.reveal()),
    `cannot send task function: (anonymous) -> \`p\` is an instance of class Private, ${problem}`,
  );
  assert.match(ofArgument({ a: new Account() }), `\`.a\` is an instance of class Private, ${problem}`);
});

test('an arrow function that uses the `this` of its surroundings', () => {
  const make = function (this: unknown) {
    return () => this;
  };
  assert.match(ofFunction(make.call({})), /is an arrow function that uses the `this` of its surrounding scope$/);
});

test('an arrow function that uses the `arguments` of its surroundings', () => {
  const make = function () {
    // biome-ignore lint/complexity/noArguments: the case
    return () => arguments.length;
  };
  assert.match(ofFunction(make()), /is an arrow function that uses the `arguments` of its surrounding scope$/);
});

test('`super` in a method that is sent without its class', () => {
  class Loud extends Array {
    override toString() {
      return super.toString().toUpperCase();
    }
  }
  assert.match(ofFunction(Loud.prototype.toString), /`toString` uses `super` outside a class$/);
});

test('a private name in a method that is sent without its class', () => {
  assert.match(ofFunction(Private.prototype.reveal), /`reveal` uses the private name #secret of its class$/);
});

test('a proxy', () => {
  const proxy = new Proxy({ a: 1 }, {});
  assert.match(
    ofFunction(() => proxy),
    /-> `proxy` is a Proxy$/,
  );
  assert.is(ofArgument({ list: [proxy] }), 'cannot send argument 1 of task `step`: `.list[0]` is a Proxy');
  assert.match(ofFunction(new Proxy(() => 1, {})), /is a Proxy$/);
});

test('weak collections', () => {
  const cache = new WeakMap();
  assert.match(
    ofFunction(() => cache),
    /-> `cache` is a WeakMap$/,
  );
  assert.match(ofArgument(new WeakRef({})), /: it is a WeakRef$/);
});

test('a unique symbol', () => {
  const unique = Symbol('u');
  assert.match(
    ofFunction(() => unique),
    /-> `unique` is a unique symbol \(Symbol\(u\)\)$/,
  );
  assert.match(ofArgument(unique), /: it is a unique symbol \(Symbol\(u\)\)$/);
});

test('a native function that no name leads to', () => {
  const { resolve } = Promise.withResolvers();
  assert.match(
    ofFunction(() => resolve),
    /-> `resolve` is a native function \(.*\)$/,
  );
});

test('a promise', () => {
  const prom = Promise.resolve(1);
  assert.match(
    ofFunction(() => prom),
    /-> `prom` is a Promise \(pass the future, or await it first\)$/,
  );
});

test('a variable that is not initialised yet', () => {
  const step = () => later;
  assert.is(
    ofFunction(step),
    'cannot send task function: `step` -> `later` is in its temporal dead zone: its declaration has not run yet',
  );
  const later = 1;
});

test('a name that is not defined anywhere', () => {
  // @ts-expect-error the case
  const step = () => nope;
  assert.is(
    ofFunction(step),
    'cannot send task function: `step` refers to `nope`, which is not defined in any enclosing scope',
  );
});

test('direct eval, whose names cannot be known', () => {
  // biome-ignore lint/security/noGlobalEval: the case
  const step = (text: string) => eval(text);
  assert.match(ofFunction(step), /`step` uses direct eval/);
});

test('import.meta, which belongs to its file', () => {
  assert.match(
    ofFunction(() => import.meta.url),
    /uses import\.meta/,
  );
});

test('a running generator', () => {
  const numbers = (function* () {
    yield 1;
  })();
  assert.match(
    ofFunction(() => numbers),
    /-> `numbers` is a running generator$/,
  );
});

test('a getter that throws, named by its path', () => {
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf() {
        throw new Error('mine');
      },
    },
  );
  assert.match(ofArgument([hostile]), /`\[0\]` /);
});

test('something that is not a function', () => {
  for (const [value, text] of [
    [5, 'number'],
    [null, 'null'],
    [{}, 'an object of class Object'],
  ] as const) {
    assert.throws(
      () => codec.encodeFunction(value),
      (error: RolecallError) => error.code === 'ERR_NOT_A_FUNCTION' && error.message.endsWith(`got ${text}`),
    );
  }
});

test('a handle in a closure', () => {
  const future = Object.create({ [Symbol.for('rolecall.handle')]: true }) as object;
  assert.match(
    ofFunction(() => future),
    /-> `future` is a Future; pass it as an argument$/,
  );
});

test('a function that captures more than 64 MB', () => {
  const huge = new Uint8Array(65e6);
  assert.match(
    ofFunction(() => huge),
    /it captures 65\.0 MB, most of it through \(anonymous\) -> `huge`; send it once with client\.scatter/,
  );
});

test.after(() => {
  db.destroy();
});

test.run();
