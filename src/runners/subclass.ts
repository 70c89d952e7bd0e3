import { RolecallError } from '../errors.ts';
import { HOOK_NAMES } from './hooks.ts';

/** Methods that are called on ranks where the runner was not constructed. */
const REMOTE_METHODS = ['publish', 'discover', 'unpublish', ...HOOK_NAMES];

/**
 * Checks a runner whose class did not name its module. What it changes for the other ranks would not get there.
 *
 * @throws {RolecallError} `ERR_RUNNER_START`.
 */
export function checkSubclass(runner: object, base: object): void {
  const method = (of: object, name: string): unknown => (of as Record<string, unknown>)[name];
  const own = REMOTE_METHODS.find((name) => method(runner, name) !== method(base, name));
  if (own === undefined) return;
  const { name } = runner.constructor;
  const why = `its method ${own} runs on other ranks too, which import its module again`;
  const way = 'Define the class in a module of its own, and pass `import.meta.url` to the constructor of BaseRunner';
  throw new RolecallError('ERR_RUNNER_START', `Cannot construct ${name}: ${why}. ${way}`);
}
