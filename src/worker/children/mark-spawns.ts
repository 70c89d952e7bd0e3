/** Marks every process that this thread starts through `node:child_process`, whichever of its functions is used. */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { MARK_VARIABLE, type Mark, markWithin } from './marks.ts';

interface SpawnOptions {
  readonly envPairs?: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
type AnyFunction = (...args: unknown[]) => unknown;

const ASSIGNMENT = `${MARK_VARIABLE}=`;
const SYNCHRONOUS = ['spawnSync', 'execSync', 'execFileSync'] as const;

/** @param markOfSpawn asked at each start for the mark of the new process */
export function markSpawns(markOfSpawn: () => Mark): void {
  markAsynchronous(markOfSpawn);
  const functions = childProcess as unknown as Record<string, AnyFunction>;
  for (const name of SYNCHRONOUS) functions[name] = marked(functions[name] as AnyFunction, markOfSpawn);
  syncBuiltinESMExports(); // also for who imported them by name
}

/** `spawn`, `exec`, `execFile` and `fork` all come through here, with the environment as a list. */
function markAsynchronous(markOfSpawn: () => Mark): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn: (options: SpawnOptions) => unknown };
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    const own = markOfSpawn();
    const isMark = (pair: string): boolean => pair.startsWith(ASSIGNMENT);
    const given = options.envPairs?.find(isMark)?.slice(ASSIGNMENT.length);
    const others = (options.envPairs ?? []).filter((pair) => !isMark(pair));
    return spawn.call(this, { ...options, envPairs: [...others, ASSIGNMENT + finer(given, own)] });
  };
}

function marked(start: AnyFunction, markOfSpawn: () => Mark): AnyFunction {
  return (...args) => {
    const given = args.filter((argument) => argument !== undefined);
    const at = given.findIndex((argument) => typeof argument === 'object' && !Array.isArray(argument));
    const options = (at < 0 ? {} : given[at]) as { readonly env?: Environment };
    const env = { ...(options.env ?? process.env), [MARK_VARIABLE]: markOfSpawn() };
    return start(...given.slice(0, at < 0 ? undefined : at), { ...options, env });
  };
}

/** Who starts a program may give it a mark of its own, by which to find it. Any other is this process's. */
function finer(given: Mark | undefined, own: Mark): Mark {
  return given === undefined || given === process.env[MARK_VARIABLE] ? own : markWithin(own, given);
}
