export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, or what it is to be read by. */
  readonly note: string;
}
