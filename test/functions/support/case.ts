/** A function in one of the forms in which users write them, and what a call of it must give. */
export interface Case {
  readonly title: string;
  readonly fn: unknown;
  readonly args?: readonly unknown[];
  readonly expected: unknown;
}
