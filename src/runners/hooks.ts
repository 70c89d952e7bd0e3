import { RolecallError } from '../errors.ts';
import { valueCodec } from '../on-demand.ts';
import { nearest } from '../options/options.ts';

/** What a hook is told. */
export interface HookContext {
  readonly rank: number;
  readonly worldSize: number;
  readonly nWorkers: number;
  /** The scheduler's addresses, where they are known already. */
  readonly addresses: readonly string[];
}

type Hook = (context: HookContext) => void | Promise<void>;

/**
 * Functions called on the ranks as they take up and leave their roles. On ranks that do not run the script further, they
 * travel as task functions do: what they capture is copied.
 */
export interface RunnerHooks {
  /** On the scheduler's rank, before it listens. */
  readonly beforeSchedulerStart?: Hook;
  /** On the scheduler's rank, when workers and clients can reach it. */
  readonly onSchedulerStart?: Hook;
  /** On each worker, before it joins. */
  readonly beforeWorkerStart?: Hook;
  /** On each worker, when it has joined. */
  readonly onWorkerStart?: Hook;
  /** On the client's rank, in the constructor, before it waits for the scheduler. It must not return a promise. */
  readonly beforeClientStart?: Hook;
  /** On every rank, when its role ends. On the client's rank that is the end of the block. */
  readonly onClose?: Hook;
}

export const HOOK_NAMES = [
  'beforeSchedulerStart',
  'onSchedulerStart',
  'beforeWorkerStart',
  'onWorkerStart',
  'beforeClientStart',
  'onClose',
] as const satisfies readonly (keyof RunnerHooks)[];
export type HookName = (typeof HOOK_NAMES)[number];

/** Calls a hook: first the method of the runner's class, then the function that was given as an option. */
export async function callHook(
  runner: object,
  hooks: RunnerHooks,
  name: HookName,
  context: HookContext,
): Promise<void> {
  await (runner as RunnerHooks)[name]?.(context);
  await hooks[name]?.(context);
}

/** The same where nothing can be waited for. @throws {RolecallError} `ERR_INVALID_OPTION` if the hook returns a promise. */
export function callHookNow(runner: object, hooks: RunnerHooks, name: HookName, context: HookContext): void {
  for (const from of [runner as RunnerHooks, hooks]) {
    if (!(from[name]?.(context) instanceof Promise)) continue;
    const text = `Cannot call the hook ${name}: it returned a promise, and a constructor cannot wait. It must not be async`;
    throw new RolecallError('ERR_INVALID_OPTION', text);
  }
}

/** Hooks as text. @throws {RolecallError} `ERR_INVALID_OPTION`, or `ERR_UNSERIALISABLE_FUNCTION` for one that cannot travel. */
export function encodeHooks(hooks: RunnerHooks): Record<string, string> {
  const encoded: Record<string, string> = {};
  for (const [name, hook] of Object.entries(hooks)) {
    if (!HOOK_NAMES.includes(name as HookName)) {
      const hint = nearest(name, HOOK_NAMES);
      const meant = hint === undefined ? `There are: ${HOOK_NAMES.join(', ')}` : `Did you mean "${hint}"?`;
      throw new RolecallError('ERR_INVALID_OPTION', `Cannot use the hooks: there is no hook "${name}". ${meant}`);
    }
    if (hook === undefined) continue;
    const codec = new (valueCodec().ValueCodec)();
    encoded[name] = Buffer.from(codec.encodeFunction(hook as Hook).bytes).toString('base64');
  }
  return encoded;
}

export async function decodeHooks(encoded: Readonly<Record<string, string>>): Promise<RunnerHooks> {
  const hooks: Record<string, Hook> = {};
  if (Object.keys(encoded).length === 0) return hooks;
  const { ValueCodec } = valueCodec();
  const codec = new ValueCodec();
  for (const [name, text] of Object.entries(encoded)) {
    const bytes = new Uint8Array(Buffer.from(text, 'base64'));
    await codec.prepare(bytes);
    hooks[name] = codec.decode(bytes) as Hook;
  }
  return hooks;
}
