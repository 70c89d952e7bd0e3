import { suite } from 'uvu';
import { CELLS, cellName, type Who } from './cells.ts';
import { runCell } from './run-cell.ts';

/** The cells of the matrix that are about one rank, each a test. */
export function testCells(who: Who): void {
  const test = suite(`every end: ${who}`);
  for (const cell of CELLS.filter((one) => one.who === who)) {
    test(cellName(cell), async () => {
      await runCell(cell);
    });
  }
  test.run();
}
