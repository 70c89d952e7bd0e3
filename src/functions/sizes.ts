/** Large captured values: they travel with the function to every worker, so the user should know. */
import { RolecallError } from '../errors.ts';
import type { GraphEncoder } from './graph-encoder.ts';

const WARN_BYTES = 1e6;
const REFUSE_BYTES = 64e6;

/**
 * A sentence for the user if a function captures more than a megabyte.
 * @throws {RolecallError} ERR_UNSERIALISABLE_FUNCTION above 64 MB.
 */
export function sizeWarning(encoder: GraphEncoder): readonly string[] {
  const { parents, options } = encoder;
  const totals = [...encoder.sizes];
  for (let node = totals.length - 1; node > 0; node--) totals[parents[node]!]! += totals[node]!;
  const total = totals[0] ?? 0; // a root that is a mere reference has no node
  if (total < WARN_BYTES) return [];
  const advice = 'send it once with client.scatter and pass the future as an argument';
  const fact = `captures ${(total / 1e6).toFixed(1)} MB, most of it through ${encoder.pathTo(heaviest(totals, parents))}`;
  if (total > REFUSE_BYTES) throw new RolecallError(options.code, `cannot send ${options.what}: it ${fact}; ${advice}`);
  return [`The task function ${encoder.pathTo(0)} ${fact}: ${advice}.`];
}

/** The last node on the way down along which more than half of all bytes lie. */
function heaviest(totals: readonly number[], parents: readonly number[]): number {
  let at = 0;
  for (let node = 1; node < totals.length; node++) {
    if (parents[node] === at && totals[node]! > totals[0]! / 2) at = node;
  }
  return at;
}
