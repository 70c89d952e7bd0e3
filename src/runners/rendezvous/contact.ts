import * as v from 'valibot';
import type { DragonContact } from '../../dragon/membership.ts';
import { RolecallError } from '../../errors.ts';
import type { Whereabouts } from './whereabouts.ts';

/**
 * How to reach a scheduler, and the key that proves who belongs to its run. It proves nothing by being there: the TLS
 * handshake does.
 */
export interface Contact extends Whereabouts {
  /** Version of this form. */
  readonly rolecall: 1;
  /** Names the run; made by the scheduler. */
  readonly run: string;
  /** What the ranks of this start have in common; a contact of another start is not believed. */
  readonly identity: string;
  readonly addresses: readonly string[];
  /** The key of the run in base64, or null with `security: 'none'`. */
  readonly secret: string | null;
  readonly nWorkers: number;
  /** How to attach to the runtime of DragonHPC that the run has, if it is to be attached to. */
  readonly dragon?: DragonContact | undefined;
}

const contact = v.object({
  rolecall: v.literal(1),
  run: v.pipe(v.string(), v.minLength(1)),
  identity: v.string(),
  addresses: v.pipe(v.array(v.string()), v.minLength(1)),
  secret: v.nullable(v.string()),
  host: v.string(),
  pid: v.number(),
  pidSpace: v.string(),
  nWorkers: v.number(),
  dragon: v.optional(v.object({ token: v.string(), directory: v.string() })),
});

export function contactText(value: Contact): string {
  return `${JSON.stringify(value)}\n`;
}

/** @throws {RolecallError} `ERR_RENDEZVOUS` if the text is not a contact. */
export function parseContact(text: string, where: string): Contact {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // Without the cause: its text quotes what it could not read, which may be the key.
    throw new RolecallError(
      'ERR_RENDEZVOUS',
      `Cannot read the scheduler's contact in ${where}: it is not complete JSON`,
    );
  }
  const parsed = v.safeParse(contact, raw, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const why = `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`;
  throw new RolecallError('ERR_RENDEZVOUS', `Cannot read the scheduler's contact in ${where}: ${why}`);
}
