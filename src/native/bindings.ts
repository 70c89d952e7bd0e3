/**
 * What the addon exports, as it is: plain data, and a negative errno where the system said no. The files beside this one make of
 * it what the rest of the package uses; nobody else calls it.
 */

/** What was asked for, or a negative errno. */
export type OrErrno = number;

/** native/process.c */
export interface ProcessBindings {
  setParentDeathSignal(signal: number): OrErrno;
  setChildSubreaper(on: 0 | 1): OrErrno;
  getAffinity(pid: number): readonly number[] | OrErrno;
  setAffinity(pid: number, cores: readonly number[]): OrErrno;
  pidfdOpen(pid: number): OrErrno;
  pidfdSendSignal(descriptor: number, signal: number): OrErrno;
}

/** native/memfd.c */
export interface MemfdBindings {
  memfdNew(bytes: number): OrErrno;
  memfdSeal(descriptor: number): OrErrno;
  memfdIsSealed(descriptor: number): OrErrno;
  mapShared(descriptor: number, bytes: number): ArrayBuffer | OrErrno;
  mapPrivate(descriptor: number, bytes: number): ArrayBuffer | OrErrno;
  unmap(buffer: ArrayBuffer): OrErrno;
}

export interface Bindings extends ProcessBindings, MemfdBindings {}
