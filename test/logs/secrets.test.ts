/** The key of the run is in the files that only its owner can read, and in the memory of its processes: nowhere else. */
import { hkdfSync } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import { rejection } from '../support/rejection.ts';
import { CLI, Job } from '../support/run-job.ts';

const test = suite('the key of the run');
const JOB = new URL('./jobs/watched.ts', import.meta.url).pathname;

/** The key, and the one that TLS is given, in every form in which they may be written. */
function formsOf(secret: Buffer): string[] {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'rolecall tls 1.3 psk', 32));
  return [secret, derived].flatMap((key) => [
    key.toString('base64').replace(/=+$/, ''),
    key.toString('base64url'),
    key.toString('hex'),
    key.toString('hex').toUpperCase(),
    key.toString('latin1'),
    JSON.stringify([...key]).slice(1, -1),
  ]);
}

function find(secret: Buffer, texts: Readonly<Record<string, Buffer | string>>): string[] {
  const forms = formsOf(secret);
  return Object.entries(texts)
    .filter(([, text]) => forms.some((form) => text.toString('latin1' as never).includes(form)))
    .map(([place]) => place);
}

function ofProcesses(job: Job, file: 'cmdline' | 'environ'): Record<string, Buffer> {
  const pids = [...job.roles.values(), job.pid];
  return Object.fromEntries(pids.map((pid) => [`${file} of ${pid}`, readFileSync(`/proc/${pid}/${file}`)]));
}

test('is not in logs, output, arguments or environments, at the level debug, in trouble too', async () => {
  const job = new Job([
    CLI,
    'run',
    '-n',
    '5',
    '--log',
    'debug',
    '--log-directory',
    'logs',
    '--scheduler-file',
    'f',
    JOB,
  ]);
  const [, address = ''] = await job.printed(/^ready, at (tls:.*)$/m);
  const file = readFileSync(join(job.cwd, 'f'), 'utf8');
  const secret = Buffer.from(JSON.parse(file).secret, 'base64');
  assert.is(secret.byteLength, 32);
  assert.equal(find(secret, { 'the scheduler file': file }), ['the scheduler file'], 'the search itself works');

  await rejection(new StreamTransport(newSecret()).connect(address), 'ERR_SECURITY');
  process.kill(job.roles.get('worker 4') as number, 'SIGKILL');
  await job.printed(/lost worker 4/);
  const processes = { ...ofProcesses(job, 'cmdline'), ...ofProcesses(job, 'environ') };
  assert.is(Object.keys(processes).length, 2 * 4, 'scheduler, two workers and the command');
  job.openGate();
  const { code, out, err } = await job.end();
  assert.is(code, 0, err);

  const logs = join(job.cwd, 'logs');
  const files = Object.fromEntries(readdirSync(logs).map((name) => [name, readFileSync(join(logs, name))]));
  assert.is(Object.keys(files).length, 5);
  assert.match(files['rank-0.jsonl']?.toString() ?? '', /does not have the key of this run/);
  assert.match(out, /^environment \{.*"ROLECALL_STARTED":"worker"/m);
  assert.equal(find(secret, { ...processes, ...files, out, err }), []);
  rmSync(logs, { recursive: true });
  await job.endAndLeaveNothing();
});

test.run();
