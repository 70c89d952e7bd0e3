import type { TestFile } from './find-test-files.ts';
import type { FileResult } from './result.ts';
import { runFile } from './run-file.ts';

/** Runs the files, some at a time, and those that must be alone one by one at the end. Starts none after `stop`. */
export async function runAll(
  files: readonly TestFile[],
  jobs: number,
  stop: AbortSignal,
  report: (result: FileResult) => void,
): Promise<void> {
  const runQueue = async (queue: TestFile[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !stop.aborted; file = queue.shift()) {
      report(await runFile(file, stop));
    }
  };
  const together = files.filter((file) => !file.serial);
  await Promise.all(Array.from({ length: jobs }, () => runQueue(together)));
  await runQueue(files.filter((file) => file.serial));
}
