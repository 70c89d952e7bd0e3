/** Uses up its descriptors, then runs a program. */
import { closeSync, openSync } from 'node:fs';
import { exec, type RolecallError } from 'rolecall';

const { stdout } = process;
stdout.write('');
await exec('true');
const open: number[] = [];
try {
  for (;;) open.push(openSync('/dev/null', 'r'));
} catch {
  // All are in use.
}
const error = await exec('true').catch((failure: RolecallError) => failure);
for (const descriptor of open) closeSync(descriptor);
stdout.write(`${(error as RolecallError).code}: ${(error as RolecallError).message}\n`);
