/** Process control that only the system's own calls give. Without the addon each says so (false, null) and the caller does without. */
import { closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { loadAddon } from './load.ts';
import { startTimeOf } from './start-time.ts';

/**
 * Lets the system send this process a signal when the process that started it ends, however that ends; 0 takes it back. It outlives
 * an exec, but is not inherited. False if it could not be set, or was asked for in a thread, with whose end it would be gone.
 */
export function signalOnParentDeath(signal: NodeJS.Signals | 0): boolean {
  const { addon } = loadAddon();
  if (addon === null || !isMainThread) return false;
  return addon.setParentDeathSignal(signal === 0 ? 0 : constants.signals[signal]) === 0;
}

/** What descendants leave behind as orphans become children of this process, instead of the system's first. False if they will not. */
export function adoptOrphans(adopt = true): boolean {
  return loadAddon().addon?.setChildSubreaper(adopt ? 1 : 0) === 0;
}

/** The cores that a process may use, lowest first; null if that cannot be told. 0 is this thread. */
export function coresOf(pid = 0): readonly number[] | null {
  const cores = loadAddon().addon?.getAffinity(pid);
  return typeof cores === 'object' ? cores : null;
}

/**
 * Binds a process to cores. Of one with several threads only the first is bound, and what that starts from then on: so a child is bound
 * when it has just been started, or the binding thread (0) starts it bound. False if the system refuses.
 */
export function bindToCores(pid: number, cores: readonly number[]): boolean {
  return loadAddon().addon?.setAffinity(pid, cores) === 0;
}

/**
 * Keeps a descriptor that the launcher left to this process open in what it becomes by an exec, and in what it starts; `false` takes
 * that back. Node.js closes all of them there. False if there is no such descriptor.
 */
export function keepAcrossExec(descriptor: number, keep = true): boolean {
  return loadAddon().addon?.setCloseOnExec(descriptor, keep ? 0 : 1) === 0;
}

/**
 * Prints to standard error as the very last thing that this process does. For listeners of `exit`: when they are called, Node.js has not
 * printed the error yet that nobody caught. Without the addon it is printed at once.
 */
export function sayAtTheEnd(text: string): void {
  if (isMainThread && loadAddon().addon?.setLastWords(text) === 0) return;
  try {
    writeSync(process.stderr.fd, text);
  } catch {
    // Nobody reads it any more.
  }
}

/** A process that cannot be confused with a later one of the same number. */
export interface ExactProcess {
  readonly pid: number;
  /** As `startTimeOf` says. */
  readonly startTime: string;
}

/**
 * Sends a signal to a process, and to no other that has its number by now. With the addon that is certain; without, the process is
 * looked at just before. False if there is no such process any more, or the signal is not allowed.
 */
export function signalExactly({ pid, startTime }: ExactProcess, signal: NodeJS.Signals): boolean {
  const { addon } = loadAddon();
  const descriptor = addon?.pidfdOpen(pid) ?? -1;
  if (addon === null || descriptor < 0) return startTimeOf(pid) === startTime && killQuietly(pid, signal);
  try {
    // Looked at after the descriptor was opened: if it is the process now, the descriptor is of that process.
    return startTimeOf(pid) === startTime && addon.pidfdSendSignal(descriptor, constants.signals[signal]) === 0;
  } finally {
    closeSync(descriptor);
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
