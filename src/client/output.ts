/** What tasks print, and what the scheduler has to say, on the terminal of the client. */

export interface Output {
  readonly worker: string;
  readonly task: string;
  readonly stream: 'out' | 'err';
  readonly text: string;
}

/** Lines that have not ended yet, by where they come from, so that a prefix stands only at the start of a line. */
const openLines = new Set<string>();

export function printOutput({ worker, task, stream, text }: Output): void {
  const target = stream === 'out' ? process.stdout : process.stderr;
  const source = `${worker} ${task} ${stream}`;
  const prefix = task === '' ? `[${worker}] ` : `[${worker} ${task}] `;
  const continued = openLines.has(source);
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n').map((line, i) => (i === 0 && continued ? line : prefix + line));
  if (text.endsWith('\n')) openLines.delete(source);
  else if (openLines.size < 1000) openLines.add(source);
  target.write(lines.join('\n') + (text.endsWith('\n') ? '\n' : ''));
}

export function printNotice(level: 'info' | 'warn' | 'error', text: string): void {
  process.stderr.write(`rolecall: ${level === 'info' ? '' : `${level}: `}${text}\n`);
}
