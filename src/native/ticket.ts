import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(200));

const owner = {
  space: text,
  pid: v.pipe(count, v.minValue(1)),
  startTime: text,
  descriptor: count,
  inode: text,
  bytes: count,
};

const part = v.object({
  /** Where the value begins. */
  start: count,
  /** Of all of it. */
  size: count,
});

const place = v.object({
  /** Where it begins in the file of the pool. */
  start: count,
  /** Which value of its maker's it is. */
  number: count,
  /** 16 bytes that stand behind the value, and behind no other. */
  token: v.pipe(v.string(), v.base64(), v.length(24)),
  /** Dragon's own descriptor of the memory. */
  descriptor: v.pipe(v.string(), v.base64(), v.maxLength(1000)),
});

const ticket = v.variant('kind', [
  /** Sealed memory, or a file without a name. */
  v.object({ kind: v.picklist(['memory', 'file']), ...owner, part: v.optional(part) }),
  /** Memory in a pool of DragonHPC. */
  v.object({ kind: v.literal('pool'), ...owner, place }),
]);

/** Where another process finds a value in shared memory, and how it knows that it is the right one. */
export type MemoryTicket = Readonly<v.InferOutput<typeof ticket>>;

/** Where a value lies in a pool of DragonHPC. */
export type PoolPlace = Readonly<v.InferOutput<typeof place>>;

/** A ticket that came from elsewhere. @throws ValiError if it is none. */
export function ticketFrom(raw: unknown): MemoryTicket {
  return v.parse(ticket, raw);
}
