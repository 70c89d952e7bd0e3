import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(200));

const ticket = v.object({
  /** Sealed memory, or a file without a name. */
  kind: v.picklist(['memory', 'file']),
  /** Machine, since its start, and numbering of its processes. */
  space: text,
  pid: v.pipe(count, v.minValue(1)),
  startTime: text,
  descriptor: count,
  inode: text,
  bytes: count,
});

/** Where another process finds a sealed memory, and how it knows that it is the right one. */
export type MemoryTicket = Readonly<v.InferOutput<typeof ticket>>;

/** A ticket that came from elsewhere. @throws ValiError if it is none. */
export function ticketFrom(raw: unknown): MemoryTicket {
  return v.parse(ticket, raw);
}
