/** The file in which clients from outside find a scheduler: the contact, whole, readable by its owner only. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { RolecallError } from '../errors.ts';
import { type Contact, contactText, parseContact } from './rendezvous/contact.ts';
import type { Meeting } from './rendezvous/folder.ts';
import type { MeetingPoint } from './rendezvous/meeting-point.ts';
import { isDead } from './rendezvous/whereabouts.ts';

/** Puts the job's id in the place of `{job_id}`. */
export function schedulerFileName(
  pattern: string,
  env: Readonly<Record<string, string | undefined>>,
  run: string,
): string {
  return pattern.replaceAll('{job_id}', env['SLURM_JOB_ID'] ?? env['PBS_JOBID'] ?? run);
}

/** @throws {RolecallError} `ERR_RENDEZVOUS` if it cannot be written. */
export function writeSchedulerFile(file: string, contact: Contact): void {
  const temporary = `${file}.tmp-${hostname()}-${process.pid}`;
  try {
    const handle = openSync(temporary, 'w', 0o600);
    writeSync(handle, contactText(contact));
    fsyncSync(handle);
    closeSync(handle);
    renameSync(temporary, file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new RolecallError(
      'ERR_RENDEZVOUS',
      `Cannot write the scheduler file ${file}: ${code ?? message}. Pass a "schedulerFile" in a folder that you may write to`,
      { cause },
    );
  }
}

/** Removes the file if it is still that of this run. */
export function removeSchedulerFile(file: string, run: string): void {
  try {
    if (parseContact(readFileSync(file, 'utf8'), file).run === run) unlinkSync(file);
  } catch {
    // It is gone, or somebody else's.
  }
}

/** @throws {RolecallError} `ERR_RENDEZVOUS` if there is no such file, or it is no contact. */
export function readSchedulerFile(file: string): Contact {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RolecallError(
      'ERR_RENDEZVOUS',
      `Cannot read the scheduler file ${file}: ${code}. Is the cluster running, and is this the file that its runner was given?`,
      { cause },
    );
  }
  return parseContact(text, file);
}

/** Looks once. The file of a process that is gone is taken for none: another scheduler may be about to write it. */
export function lookForSchedulerFile(file: string | undefined): Meeting {
  if (file === undefined) {
    throw new RolecallError(
      'ERR_ROLES',
      'Cannot join a cluster with "scheduler: false": pass the "schedulerFile" of the cluster',
    );
  }
  try {
    const contact = readSchedulerFile(file);
    return isDead(contact) ? { kind: 'nobody' } : { kind: 'open', contact };
  } catch {
    return { kind: 'nobody' };
  }
}

/** Where ranks that work for a cluster which exists find it. */
export class SchedulerFileMeeting implements MeetingPoint {
  readonly place: string;
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.place = `in ${file}`;
    this.#file = file;
  }

  discover(): Meeting {
    return lookForSchedulerFile(this.#file);
  }

  publish(): void {}

  unpublish(): void {}
}
