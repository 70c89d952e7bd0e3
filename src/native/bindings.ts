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
  setLastWords(text: string): OrErrno;
}

/** native/memfd.c */
export interface MemfdBindings {
  memfdNew(bytes: number): OrErrno;
  memfdSeal(descriptor: number): OrErrno;
  memfdIsSealed(descriptor: number): OrErrno;
  mapShared(descriptor: number, bytes: number, offset: number): ArrayBuffer | OrErrno;
  mapPrivate(descriptor: number, bytes: number, offset: number): ArrayBuffer | OrErrno;
  unmap(buffer: ArrayBuffer): OrErrno;
  closeDescriptor(descriptor: number): OrErrno;
}

/** native/mpi.c. To be called on one thread only. Numbers other than rank and size are MPI's error codes, 0 being success. */
export interface MpiBindings {
  /** `openmpi` or `mpich`, the wanted one if one is ('' is any); or `!` and why the library cannot be used. */
  mpiOpen(library: string, wanted: string): string;
  mpiInit(): number;
  mpiRank(): number;
  mpiSize(): number;
  mpiBroadcast(bytes: ArrayBuffer, root: number): number;
  mpiBarrier(): number;
  mpiFinalize(): number;
  mpiErrorText(code: number): string;
}

/** What the threads of native/dragon*.c tell; the numbers of `kind` are those of dragon.h. */
export type DragonEvent =
  | readonly [kind: 0, id: number, code: string | null, text: string | null, number: number, data: ArrayBuffer]
  | readonly [
      kind: 1,
      connection: number,
      sequence: number,
      acknowledged: number,
      payload: ArrayBuffer,
      /** From the call of `dragonSend` until the receiving thread had it, in microseconds; for measurements. */
      underwayUs: number,
    ]
  | readonly [kind: 2 | 3, peer: number, unused: number, unused: number, code: string, text: string | null];

/** native/dragon.c. One thread of the process has it. */
export interface DragonBindings extends PoolBindings {
  /** The names of the jobs, in the order of their numbers. */
  readonly dragonKinds: readonly string[];
  /** Null, or why the library cannot be used. */
  dragonOpen(path: string, events: (...event: DragonEvent) => void): string | null;
  /** The source must stay as it is until the job is done. */
  dragonJob(
    kind: number,
    id: number,
    numbers: readonly number[],
    bytes: readonly Uint8Array[],
    source: Uint8Array | null,
  ): void;
  /**
   * For how many milliseconds the threads for messages, for values and for receiving have been inside Dragon, 0 if they are not; and 1
   * if one was stopped because memory was missing.
   */
  dragonInside(): readonly [messages: number, values: number, receiver: number, outOfMemory: 0 | 1];
  /** Jobs keep the event loop alive no longer. */
  dragonGiveUp(): void;
  /** Stops for good each of them that has been inside Dragon for so many milliseconds. */
  dragonPark(ms: number): void;
  dragonExpect(connection: number, token: Uint8Array, remote: 0 | 1): void;
  dragonForget(connection: number, remote: 0 | 1): void;
  /** The pieces must stay as they are until the peer has acknowledged them. */
  dragonSend(
    peer: number,
    connection: number,
    token: Uint8Array,
    sequence: number,
    acknowledged: number,
    pieces: readonly Uint8Array[],
  ): void;
  dragonAcked(peer: number, sequence: number): void;
}

/** native/dragon-rooms.c. All threads may call it, and none of it waits for Dragon longer than it says. */
export interface PoolBindings {
  /** A descriptor that holds a new value in this process's pool; and where it begins (8 bytes), before Dragon's own descriptor of it. */
  valueRoom(bytes: number, ms: number): readonly [descriptor: number, told: ArrayBuffer] | null;
  /** Holds the value at an offset in a pool's file as long as the descriptor is open, or a map of it. */
  valueHold(descriptor: number, offset: number, value: number): OrErrno;
  /** Which value a descriptor holds; 0 if it is none of a pool. */
  valueHeld(descriptor: number): OrErrno;
  valuePages(descriptor: number, offset: number, bytes: number): OrErrno;
  /** Frees a value unless somebody holds it; -1: what somebody held when it was to be freed. */
  valueEnd(value: number): void;
  valueStop(): void;
}

export interface Bindings extends ProcessBindings, MemfdBindings, MpiBindings, DragonBindings {}
