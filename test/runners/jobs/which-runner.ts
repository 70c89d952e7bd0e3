/** Prints the class of the runner that fits. */
import { createRunner } from 'rolecall';

await using runner = createRunner();
console.log(runner.constructor.name);
