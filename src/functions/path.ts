/** How a thing was reached from the value that is being sent, in the words of the user's source. */

/** How one thing holds another. */
export type Relation = 'variable' | 'property' | 'entry' | 'member' | 'part';

/** One step of a path. */
export interface Step {
  readonly relation: Relation;
  readonly key: unknown;
}

/**
 * "`step` -> `config.tables[3]`": captured variables are joined by arrows, what lies in their values by dots.
 * `root` is the name of the function that is sent; undefined if it is another value. Empty for that value itself.
 */
export function pathText(root: string | undefined, steps: readonly Step[]): string {
  const parts: string[] = root === undefined ? [] : [root];
  for (const { relation, key } of steps) {
    if (relation === 'variable' || parts.length === 0) parts.push(relation === 'variable' ? String(key) : '');
    if (relation !== 'variable') parts[parts.length - 1] += stepText(relation, key);
  }
  return parts.map((part) => (part === '' ? '(anonymous)' : `\`${part}\``)).join(' -> ');
}

function stepText(relation: Relation, key: unknown): string {
  if (relation === 'entry') return `.get(${typeof key === 'string' ? JSON.stringify(key) : describeKey(key)})`;
  if (relation === 'member') return '[element]';
  if (relation === 'part') return `.${String(key)}`;
  if (typeof key === 'string' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `.${key}`;
  return typeof key === 'string' ? `[${JSON.stringify(key)}]` : `[${describeKey(key)}]`;
}

function describeKey(key: unknown): string {
  return typeof key === 'object' && key !== null ? 'an object' : typeof key === 'function' ? 'a function' : String(key);
}
