/**
 * Every failure a caller can meet, by its stable code: what happened, and the way out. Match on `code`, not on the class or the
 * text. `docs/errors.md` is generated from this table.
 */
export const ERROR_CODES = {
  ERR_CANCELLED: {
    happened: 'The task was cancelled before it had a result.',
    wayOut: 'Nothing is wrong if your program cancelled it. `future.retry()` submits it again.',
  },
  ERR_CLIENT_CLOSED: {
    happened: 'The client was closed while, or before, something was asked of it.',
    wayOut: 'Await what you need before the block of `await using client` is left, or before `client.close()`.',
  },
  ERR_CONNECT: {
    happened: 'No connection to a peer could be made at any of its addresses, or an address could not be listened on.',
    wayOut:
      'The text names each address and why it failed. Refused: the process there has ended. No answer: the network between the two does not carry it; name the right one with the option `host`. In use: choose another `port`, or 0.',
  },
  ERR_CONNECTION_LOST: {
    happened: 'A connection ended without a goodbye: the peer was killed, or the network between failed.',
    wayOut:
      'Look for what killed the process named: the batch system (time or memory limit), the kernel (out of memory: `dmesg`), a person.',
  },
  ERR_DATA_LOST: {
    happened: 'Every copy of a value was lost and it cannot be computed again, because it was scattered.',
    wayOut: 'Scatter it to several workers (`broadcast: 2`), or make it in a task, which can run again.',
  },
  ERR_DEADLINE: {
    happened: 'Something did not happen within the time that was allowed for it.',
    wayOut:
      'The text says what was waited for and names the option that sets the time. At the start: were all ranks started, and do they share the folder? `rolecall doctor` on each node tells.',
  },
  ERR_DRAGON: {
    happened: 'A call of DragonHPC failed, or its runtime cannot be reached. The text has its own words and trace.',
    wayOut:
      "Look at what Dragon says. A cluster that runs goes on through sockets; `transport: 'tls'` does without Dragon from the start.",
  },
  ERR_DRAGON_MISSING: {
    happened: 'DragonHPC was asked for, and is not found, or is of a version that is not supported.',
    wayOut:
      '`pip install dragonhpc` and activate that environment, or name the folder of its package in `ROLECALL_DRAGON`.',
  },
  ERR_EXEC_FAILED: {
    happened: 'A program that `exec()` ran ended with another exit code than 0, or by a signal.',
    wayOut:
      'The text has the end of what it wrote to standard error; the error has `exitCode`, `signal`, `stdout` and `stderr`. Where such an end is no failure, pass `check: false` and look at `exitCode`.',
  },
  ERR_EXEC_START: {
    happened:
      'A program could not be started by `exec()`: it or its working directory is not there, or may not be used.',
    wayOut: 'It must be there on every node, under the same path or in the `PATH` of the workers.',
  },
  ERR_FOREIGN_FUTURE: {
    happened: 'A future was handed to another client than the one that made it.',
    wayOut: 'Await the future and pass its value, or use one client for both.',
  },
  ERR_FRAME: {
    happened: 'A peer sent bytes that are not a frame of the protocol, or a frame over the size limit.',
    wayOut:
      'A value of more than 2 GB must be sent in parts. Otherwise please report it: both sides are of this package.',
  },
  ERR_FUTURE_RELEASED: {
    happened: 'A future was used after it had been released.',
    wayOut: 'Release it later; or leave it out: a future that nothing points to is released by itself.',
  },
  ERR_ILLEGAL_MOVE: {
    happened: 'A task was asked to move between two states that no edge joins: a fault of this package.',
    wayOut: 'Please report it with the text, which tells the story of the task.',
  },
  ERR_IMPORT: {
    happened: 'A module that a task function imports could not be loaded where the task runs.',
    wayOut:
      'The file, and packages that it imports, must be there on every node under the same path: put the project into a shared folder.',
  },
  ERR_INVALID_ARGUMENT: {
    happened: 'An argument has the wrong type or is out of range.',
    wayOut: 'The text says what was expected and what came.',
  },
  ERR_INVALID_OPTION: {
    happened: 'An option is unknown, has the wrong type or is out of range.',
    wayOut: 'The text names the nearest option or what is expected. All are in `docs/options.md`.',
  },
  ERR_NO_WORKERS: {
    happened: 'Every worker that could run a task is gone and none will come.',
    wayOut:
      'The lines before say how each was lost. Killed for want of memory: fewer `slots`, or more memory for the job.',
  },
  ERR_NOT_A_FUNCTION: {
    happened: 'Something that is not a function was given where a task function is expected.',
    wayOut: 'Pass the function itself, not its result: `client.submit(fn, 1)`, not `client.submit(fn(1))`.',
  },
  ERR_NOT_IN_TASK: {
    happened: '`currentTask()` was called outside a task.',
    wayOut: 'Call it in a function that was submitted, or in what that calls.',
  },
  ERR_PROTOCOL: {
    happened: 'An authenticated peer speaks another protocol version, another Node.js major, or out of turn.',
    wayOut: 'Start all processes of a cluster with the same version of this package and of Node.js.',
  },
  ERR_RENDEZVOUS: {
    happened: 'The ranks could not meet: the shared folder cannot be used, or what lies in it is not of this run.',
    wayOut:
      'Pass a `directory` that all ranks share and may write to (`ROLECALL_DIRECTORY`). `rolecall doctor` says which one would be used.',
  },
  ERR_ROLES: {
    happened: 'The options ask for roles that contradict each other.',
    wayOut: 'The text says which two. A client needs a scheduler, and a rank has one role.',
  },
  ERR_RUNNER_START: {
    happened:
      'A runner was constructed where it cannot work: in a worker thread, a second time, or without a launcher.',
    wayOut:
      'Construct one runner per process, on its main thread. Start ranks with `rolecall run`, `srun`, `mpirun` or `mpiexec`; `rolecall doctor` says what would be detected.',
  },
  ERR_SCHEDULER_FULL: {
    happened: 'The scheduler keeps as many tasks as its memory allows, and took no more.',
    wayOut:
      'Submit in portions (`map` one list after the other, or await before you go on), release futures that you do not need, and scatter large arguments once instead of passing them to each task.',
  },
  ERR_SCHEDULER_LOST: {
    happened: 'The scheduler ended while the client still needed it.',
    wayOut: 'Its rank has said why on standard error, unless it was killed: then look as for `ERR_CONNECTION_LOST`.',
  },
  ERR_SECURITY: {
    happened: 'The peer could not prove that it belongs to this run: its key is another one.',
    wayOut:
      'Somebody else listens or calls there, or a scheduler file of an earlier run was used. A scheduler logs it when others on the machine knock at its port: that is harmless.',
  },
  ERR_SHARED_MEMORY: {
    happened: 'A value could not be put into shared memory, or that of another process could not be opened.',
    wayOut:
      'Values then travel through sockets. The text says why: the addon is missing, or memory or descriptors are used up.',
  },
  ERR_SPILL: {
    happened: 'A worker has more values than its memory is meant for, and could not move one to disk.',
    wayOut:
      'Values stay in memory. Pass a "spillDirectory" with room on a local disk, a larger "memoryMb", or release what is not needed.',
  },
  ERR_TASK_CRASHED: {
    happened: 'The thread or process that ran the task ended abnormally.',
    wayOut:
      'A native addon crashed, or a resource limit was reached; the text says how it ended. `retries` tries it again; with `executor: "processes"` a crash costs one attempt of one task, with threads perhaps the whole worker.',
  },
  ERR_TASK_EXITED: {
    happened: 'The task called process.exit().',
    wayOut: 'Return, or throw, instead.',
  },
  ERR_TASK_OUT_OF_MEMORY: {
    happened: 'The task used up the heap of its thread or process.',
    wayOut: 'Raise `workerOptions.heapMb`, or give each task less to do.',
  },
  ERR_UNSERIALISABLE_ARGUMENT: {
    happened: 'An argument of a task cannot be sent to another process.',
    wayOut: 'The text leads to the part that cannot. Make it inside the task, or pass what it is made from.',
  },
  ERR_UNSERIALISABLE_FUNCTION: {
    happened: 'A task function, or something that it captures, cannot be sent to another process.',
    wayOut:
      'The text leads to the variable. Make it inside the function, import it from a module, or pass it as an argument.',
  },
  ERR_UNSERIALISABLE_RESULT: {
    happened: 'What a task returned cannot be sent to another process.',
    wayOut: 'Return plain data, typed arrays, or instances of classes of the job file.',
  },
  ERR_WORKER_LOST: {
    happened: 'Too many workers were lost while they ran the task.',
    wayOut:
      'It is probably the task that ends them: too much memory, or a native addon that crashes. Run it alone to see.',
  },
  ERR_WORLD_TOO_SMALL: {
    happened: 'Fewer ranks were started than the roles need.',
    wayOut: 'Start at least three ranks, or set `inclusive`, with which two are enough.',
  },
} as const satisfies Record<`ERR_${string}`, { readonly happened: string; readonly wayOut: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The base of every error this package throws on purpose. Match on `code`, not on the class. */
export class RolecallError extends Error {
  static {
    this.prototype.name = 'RolecallError'; // on the prototype: as a field it would be sent with every error
  }

  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** True if `error` is an error of this package with the given code. */
export function hasCode(error: unknown, code: ErrorCode): error is RolecallError {
  return error instanceof Error && (error as Partial<RolecallError>).code === code;
}
