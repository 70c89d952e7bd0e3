/** Nobody rings it: it is for waiting. */
const BELL = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread, where nothing else can be waited for: in a constructor, or for something that takes a moment. */
export function block(ms: number): void {
  Atomics.wait(BELL, 0, 0, ms);
}
