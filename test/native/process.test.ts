import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  adoptOrphans,
  bindToCores,
  coresOf,
  keepAcrossExec,
  signalExactly,
  signalOnParentDeath,
} from '../../src/native/process.ts';
import { startTimeOf } from '../../src/native/start-time.ts';
import { waitUntil } from '../support/wait-until.ts';
import { within } from '../support/within.ts';
import { addonTest } from './support.ts';

const test = suite('native process control');
const withAddon = addonTest(test);
const MODULE = new URL('../../src/native/process.ts', import.meta.url).href;

/** A process of Node.js that runs the code, in which `native` are the exports of the module. */
function start(code: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const words = ['--input-type=module', '-e', `import * as native from '${MODULE}'; ${code}`];
  return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
}

async function printed(child: ChildProcess): Promise<string> {
  const [text] = await within(once(child.stdout as NodeJS.ReadableStream, 'data'), 'the child to print');
  return String(text).trim();
}

function sleeper(): ChildProcess {
  return spawn('sleep', ['60'], { stdio: 'ignore' });
}

withAddon('signalOnParentDeath: a process ends with the one that started it, even across an exec', async () => {
  assert.ok(signalOnParentDeath('SIGTERM') && signalOnParentDeath(0));
  const grandchild = `import * as native from '${MODULE}';
    if (!native.signalOnParentDeath('SIGKILL')) throw new Error('refused');
    process.execve('/bin/sh', ['sh', '-c', 'echo $$; exec sleep 60']);`;
  const parent = start(`
    import { spawn } from 'node:child_process';
    spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });`);
  const pid = Number(await printed(parent));
  assert.is.not(startTimeOf(pid), null);
  parent.kill('SIGKILL');
  await waitUntil(() => startTimeOf(pid) === null);
});

withAddon('adoptOrphans: what a child left behind has this process as parent', async () => {
  assert.ok(adoptOrphans());
  try {
    const child = start(`
      import { spawn } from 'node:child_process';
      const orphan = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
      console.log(orphan.pid);
      orphan.unref();`);
    const exited = once(child, 'exit');
    const orphan = Number(await printed(child));
    await exited;
    const parent = readFileSync(`/proc/${orphan}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
    assert.is(Number(parent), process.pid);
    process.kill(orphan, 'SIGKILL');
  } finally {
    assert.ok(adoptOrphans(false));
  }
});

withAddon('coresOf and bindToCores: a child gets the cores it is bound to', async () => {
  const cores = coresOf();
  assert.is(cores?.length, availableParallelism());
  const last = cores?.at(-1) as number;
  const child = sleeper();
  assert.ok(bindToCores(child.pid as number, [last]));
  assert.equal(coresOf(child.pid as number), [last]);
  assert.equal(coresOf(), cores);
  assert.not(bindToCores(child.pid as number, []), 'no core at all is refused');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

withAddon('keepAcrossExec: what the launcher left open is there in the program that the process becomes', async () => {
  const become = (keep: boolean): string => `
    if (${keep} && !native.keepAcrossExec(5)) throw new Error('refused');
    process.execve('/bin/sh', ['sh', '-c', 'test -e /proc/self/fd/5 && echo open || echo closed'], process.env);`;
  for (const keep of [true, false]) {
    const words = ['--input-type=module', '-e', `import * as native from '${MODULE}'; ${become(keep)}`];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', 'pipe'] });
    assert.is(await printed(child), keep ? 'open' : 'closed');
  }
  assert.not(keepAcrossExec(9999));
});

/** What a process prints to standard error that leaves a last word and then throws, and the code that it ends with. */
async function lastWords(env: Readonly<Record<string, string>>): Promise<{ text: string; code: number }> {
  const code = `process.on('exit', () => native.sayAtTheEnd('the last word\\n')); throw new RangeError('thrown');`;
  const words = ['--input-type=module', '-e', `import * as native from '${MODULE}'; ${code}`];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const [text, [exit]] = await Promise.all([child.stderr?.setEncoding('utf8').toArray(), once(child, 'exit')]);
  return { text: text?.join('') ?? '', code: exit };
}

withAddon('sayAtTheEnd: behind the error that nobody caught', async () => {
  const { text, code } = await lastWords({});
  assert.match(text, /RangeError: thrown[\s\S]*\nthe last word\n$/);
  assert.is(code, 1);
});

test('sayAtTheEnd: without the addon, before it', async () => {
  const { text, code } = await lastWords({ ROLECALL_ADDON: 'none' });
  assert.match(text, /^the last word\n[\s\S]*RangeError: thrown/);
  assert.is(code, 1);
});

test('signalExactly: the process, and none that only has its number', async () => {
  const child = sleeper();
  const pid = child.pid as number;
  const startTime = startTimeOf(pid) as string;
  assert.not(signalExactly({ pid, startTime: String(Number(startTime) - 1) }, 'SIGKILL'));
  assert.is(startTimeOf(pid), startTime);
  const exited = once(child, 'exit');
  assert.ok(signalExactly({ pid, startTime }, 'SIGTERM'));
  assert.equal(await within(exited, 'the end of the child'), [null, 'SIGTERM']);
  assert.not(signalExactly({ pid, startTime }, 'SIGTERM'));
});

test('without the addon nothing is promised, and signals still go to the right process', async () => {
  const child = sleeper();
  const pid = child.pid as number;
  const exact = JSON.stringify({ pid, startTime: startTimeOf(pid) });
  const exited = once(child, 'exit');
  const code = `console.log(JSON.stringify([native.signalOnParentDeath('SIGTERM'), native.adoptOrphans(), native.coresOf(),
    native.bindToCores(0, [0]), native.signalExactly({ ...${exact}, startTime: '1' }, 'SIGKILL'),
    native.signalExactly(${exact}, 'SIGTERM')]))`;
  const other = start(code, { ROLECALL_ADDON: 'none' });
  assert.is(await printed(other), '[false,false,null,false,false,true]');
  assert.equal(await within(exited, 'the end of the child'), [null, 'SIGTERM']);
});

test('startTimeOf: null for what is gone', () => {
  assert.match(startTimeOf('self') ?? '', /^\d+$/);
  assert.is(startTimeOf('self'), startTimeOf(process.pid));
  assert.is(startTimeOf(999_999_999), null);
});

test.run();
