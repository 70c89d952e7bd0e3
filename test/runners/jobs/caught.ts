/** A job that catches the error of a runner that could not start, and goes on without a cluster. */
import { createRunner } from 'rolecall';

try {
  createRunner({ nWorkers: 1, schedulerOptions: { host: 'no-such-host.invalid' } });
} catch (error) {
  console.log(`caught ${(error as { code: string }).code}`);
}
