/**
 * Every failure a caller can meet, by its stable code. Match on `code`, not on the class or the text.
 * `docs/errors.md` is generated from this table.
 */
export const ERROR_CODES = {
  ERR_CANCELLED: 'The task was cancelled before it had a result.',
  ERR_CLIENT_CLOSED: 'The client was closed while, or before, something was asked of it.',
  ERR_CONNECT: 'No connection to a peer could be made at any of its addresses.',
  ERR_CONNECTION_LOST: 'A connection ended without a goodbye: the peer was killed, or the network between failed.',
  ERR_DATA_LOST: 'Every copy of a value was lost and it cannot be computed again, because it was scattered.',
  ERR_DEADLINE: 'Something did not happen within the time that was allowed for it.',
  ERR_FOREIGN_FUTURE: 'A future was handed to another client than the one that made it.',
  ERR_FRAME: 'A peer sent bytes that are not a frame of the protocol, or a frame over the size limit.',
  ERR_FUTURE_RELEASED: 'A future was used after it had been released.',
  ERR_ILLEGAL_MOVE: 'A task was asked to move between two states that no edge joins: a fault of this package.',
  ERR_IMPORT: 'A module that a task function imports could not be loaded where the task runs.',
  ERR_INVALID_ARGUMENT: 'An argument has the wrong type or is out of range.',
  ERR_INVALID_OPTION: 'An option is unknown, has the wrong type or is out of range.',
  ERR_NO_WORKERS: 'Every worker that could run a task is gone and none will come.',
  ERR_NOT_A_FUNCTION: 'Something that is not a function was given where a task function is expected.',
  ERR_NOT_IN_TASK: '`currentTask()` was called outside a task.',
  ERR_PROTOCOL: 'An authenticated peer speaks another protocol version, another Node.js major, or out of turn.',
  ERR_RENDEZVOUS: 'The ranks could not meet: the shared folder cannot be used, or what lies in it is not of this run.',
  ERR_ROLES: 'The options ask for roles that contradict each other.',
  ERR_RUNNER_START: 'A runner was constructed where it cannot work: in a worker thread, or a second time.',
  ERR_SCHEDULER_LOST: 'The scheduler ended while the client still needed it.',
  ERR_SECURITY: 'The peer could not prove that it belongs to this run: its key is another one.',
  ERR_TASK_CRASHED: 'The thread that ran the task ended abnormally.',
  ERR_TASK_EXITED: 'The task called process.exit().',
  ERR_TASK_OUT_OF_MEMORY: "The task used up its thread's heap.",
  ERR_UNSERIALISABLE_ARGUMENT: 'An argument of a task cannot be sent to another process.',
  ERR_UNSERIALISABLE_FUNCTION: 'A task function, or something that it captures, cannot be sent to another process.',
  ERR_UNSERIALISABLE_RESULT: 'What a task returned cannot be sent to another process.',
  ERR_WORKER_LOST: 'Too many workers were lost while they ran the task.',
  ERR_WORLD_TOO_SMALL: 'Fewer ranks were started than the roles need.',
} as const satisfies Record<`ERR_${string}`, string>;

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
