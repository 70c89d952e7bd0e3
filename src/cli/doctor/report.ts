import { styleText } from 'node:util';
import type { Finding } from './findings.ts';

const MARKS = { good: ['green', 'ok  '], note: ['yellow', 'note'], bad: ['red', 'BAD '] } as const;
const WIDTH = 11;

/** As text for a terminal; colours only if it is one. */
export function reportOf(findings: readonly Finding[], stream: NodeJS.WriteStream): string {
  return findings.map((finding) => paragraph(finding, stream)).join('');
}

function paragraph({ topic, state, text, because, todo }: Finding, stream: NodeJS.WriteStream): string {
  const [colour, mark] = MARKS[state];
  const indent = ' '.repeat(WIDTH + MARKS.good[1].length + 2);
  const lines = [
    `${topic.padEnd(WIDTH)}${styleText(colour, mark, { stream })}  ${text}`,
    ...because.map((line) => `${indent}${styleText('dim', line, { stream })}`),
    ...(todo === null ? [] : [`${indent}-> ${todo}`]),
  ];
  return `${lines.join('\n')}\n`;
}
