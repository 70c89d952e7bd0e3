import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseContact } from '../../src/runners/rendezvous/contact.ts';
import { thrown } from '../support/rejection.ts';

const test = suite('parseContact');

test('an error does not quote the key, wherever the text is broken', () => {
  const key = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=';
  const text = JSON.stringify({ rolecall: 1, run: 'r', secret: key, host: 'h' });
  for (let at = 0; at < text.length; at++) {
    const broken = `${text.slice(0, at)}@${text.slice(at)}`;
    const error = thrown(() => parseContact(broken, 'here'), 'ERR_RENDEZVOUS');
    const told = `${error.message} ${error.stack} ${String(error.cause)}`;
    assert.not.match(told, /q83v|ze8S|NFZ4|VniQ|eJA=/, told);
  }
});

test.run();
