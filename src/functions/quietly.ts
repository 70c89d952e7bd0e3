/** Runs something that warns that it is experimental, without the warning. */
export function quietly<Result>(run: () => Result): Result {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** From now on nobody is warned of what begins like this. */
export function muteWarning(start: string): void {
  const { emitWarning } = process;
  const filtered = (warning: string | Error, ...rest: never[]): void => {
    if (!String(warning).startsWith(start)) emitWarning.call(process, warning, ...rest);
  };
  process.emitWarning = filtered as typeof emitWarning;
}
