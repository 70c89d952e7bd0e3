/** Why something cannot travel. The encoder turns it into an error for the user, with the path to it. */
export class Unsendable extends Error {
  /** The end of a sentence that begins with the path: "is a Promise". */
  readonly problem: string;
  /** The captured variable that it is about, if it is not the function itself. */
  readonly variable: string | undefined;

  constructor(problem: string, variable?: string) {
    super(problem);
    this.problem = problem;
    this.variable = variable;
  }
}
