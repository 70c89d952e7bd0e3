/** A process for tests: shares a value, says where it is, and stays until it is killed. */
import { Rooms } from '../../src/store/rooms.ts';
import { ValueCodec } from '../../src/values/codec.ts';

const rooms = new Rooms();
const options = { what: 'a value', code: 'ERR_UNSERIALISABLE_RESULT', allocate: rooms.allocate } as const;
const value = { fill: 5, data: new Uint8Array(1 << 20).fill(5) };
const reference = rooms.sealed(new ValueCodec().encode(value, options));
process.send?.(Buffer.from(reference).toString('base64'));
setInterval(() => {}, 1000);
