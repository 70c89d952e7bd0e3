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
  setCloseOnExec(descriptor: number, on: 0 | 1): OrErrno;
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

/** native/mpi.c. To be called on one thread only. Numbers other than rank and size are MPI's error codes, 0 being success. */
export interface MpiBindings {
  /** `openmpi`, `mpich`, or `!` and why the library cannot be used. */
  mpiOpen(library: string): string;
  mpiInit(): number;
  mpiRank(): number;
  mpiSize(): number;
  mpiBroadcast(bytes: ArrayBuffer, root: number): number;
  mpiBarrier(): number;
  mpiFinalize(): number;
  mpiErrorText(code: number): string;
}

export interface Bindings extends ProcessBindings, MemfdBindings, MpiBindings {}
