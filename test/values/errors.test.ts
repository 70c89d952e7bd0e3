import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RolecallError } from '../../src/errors.ts';
import { ValueCodec } from '../../src/values/codec.ts';

const test = suite('errors that travel');
const [worker, client] = [new ValueCodec(), new ValueCodec()];
const roundTrip = (error: unknown): unknown => client.decodeError(worker.encodeError(error));

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('message, stack, cause and own properties', () => {
  const error = Object.assign(new TypeError('outer', { cause: new RangeError('inner', { cause: 5 }) }), {
    code: 'E_X',
    at: [1],
  });
  const back = roundTrip(error) as typeof error;
  assert.instance(back, TypeError);
  assert.equal([back.message, back.stack, back.code, back.at], ['outer', error.stack, 'E_X', [1]]);
  assert.instance(back.cause, RangeError);
  assert.is((back.cause as Error).cause, 5);
  assert.not.ok(Object.keys(back).includes('stack'));
});

test('an AggregateError with its errors', () => {
  const back = roundTrip(new AggregateError([new Error('a'), 'b'], 'both')) as AggregateError;
  assert.instance(back, AggregateError);
  assert.equal([back.errors[0].message, back.errors[1], back.message], ['a', 'b', 'both']);
});

test('an error that is its own cause', () => {
  const error = new Error('round');
  error.cause = error;
  const back = roundTrip(error) as Error;
  assert.is(back.cause, back);
});

test('an error of this package is one there', () => {
  const back = roundTrip(new RolecallError('ERR_CANCELLED', 'stopped')) as RolecallError;
  assert.instance(back, RolecallError);
  assert.equal([back.code, back.message, back.name], ['ERR_CANCELLED', 'stopped', 'RolecallError']);
});

test('errors of Node itself', () => {
  const missing = roundTrip(thrownBy(() => readFileSync('/nowhere'))) as NodeJS.ErrnoException;
  assert.equal([missing.code, missing.syscall, missing.path], ['ENOENT', 'open', '/nowhere']);
  const range = roundTrip(thrownBy(() => Buffer.alloc(-1))) as NodeJS.ErrnoException;
  assert.instance(range, RangeError);
  assert.is(range.code, 'ERR_OUT_OF_RANGE');
  const abort = roundTrip(AbortSignal.abort().reason) as DOMException;
  assert.equal([abort.name, abort instanceof DOMException], ['AbortError', true]);
});

test('what is not an error but was thrown', () => {
  for (const thrown of ['text', 5, null, undefined, { reason: [1] }]) assert.equal(roundTrip(thrown), thrown);
});

test('a property that cannot travel is replaced by a note', () => {
  const socket = new Socket();
  const back = roundTrip(Object.assign(new Error('lost'), { socket, port: 1 })) as Record<string, unknown>;
  assert.equal([back['message'], back['port']], ['lost', 1]);
  assert.is(back['socket'], '[not sent: it is a live Socket of this process]');
  socket.destroy();
});

test('an error whose class cannot travel keeps its name, message and stack', () => {
  class Sealed extends Error {
    override name = 'Sealed';
    #secret = 1;
    reveal() {
      return this.#secret;
    }
  }
  const socket = new Socket();
  class Tied extends Error {
    peer() {
      return socket.remoteAddress;
    }
  }
  Tied.prototype.name = 'Tied';
  for (const error of [new Sealed('m'), new Tied('m')]) {
    const back = roundTrip(error) as Error;
    assert.instance(back, Error);
    assert.equal([back.name, back.message, back.stack], [error.name, 'm', error.stack]);
  }
  socket.destroy();
});

test('things that resist being read still arrive as something', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const thrown of [proxy, Symbol('u'), Promise.resolve(), () => import.meta.url, new WeakMap()]) {
    assert.match(String(roundTrip(thrown)), /not sent/);
  }
});

test('bytes that are no error give an error that says so', () => {
  const back = client.decodeError(Uint8Array.of(99)) as RolecallError;
  assert.is(back.code, 'ERR_FRAME');
});

test.run();
