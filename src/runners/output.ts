/**
 * What was printed before the constructor must not be lost when the process becomes its role: output to a pipe that is full
 * waits in the heap, which does not survive. So it is written synchronously until the roles are told apart.
 */
export function makeOutputSynchronous(): void {
  setBlocking(true);
}

export function makeOutputAsynchronous(): void {
  setBlocking(false);
}

function setBlocking(blocking: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?: (on: boolean) => void } };
    handle?.setBlocking?.(blocking);
  }
}
