/** Replaces a range of a text by `filler` and spaces, keeping its length and its line breaks. */
export function blank(text: string, start: number, end: number, filler = ''): string {
  const gap = text.slice(start + filler.length, end).replace(/[^\n\r\u2028\u2029]/g, ' ');
  return text.slice(0, start) + filler + gap + text.slice(end);
}

/** A place in a file. Both count from zero. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where a text begins in its file, if the character at `index` is at `position`. The column is only known if the text
 * has no line break before that character; otherwise it is taken to be 0.
 */
export function startOfText(text: string, index: number, position: Position): Position {
  const lines = text.slice(0, index).split('\n');
  if (lines.length === 1) return { line: position.line, column: position.column - index };
  return { line: position.line - lines.length + 1, column: 0 };
}
