import { ERROR_CODES } from '../../src/errors.ts';

const HEAD = `# Errors

Every error of this package is a \`RolecallError\` with a \`code\`; what a task threw itself arrives as the class that it was thrown
as. Match on the code, not on the text or the class: texts may change in any release, codes only with a major one.

\`\`\`ts
import { hasCode } from 'rolecall';

try {
  await future;
} catch (error) {
  if (!hasCode(error, 'ERR_WORKER_LOST')) throw error;
  console.error(\`\${error.message}, last tried on rank \${error.task?.worker}\`);
}
\`\`\`

\`ERROR_CODES\` holds this table. It is generated from \`src/errors.ts\`.

| code | what happened | what to do |
|---|---|---|
`;

/** docs/errors.md */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { happened, wayOut }]) => `| \`${code}\` | ${happened} | ${wayOut} |`,
  );
  return `${HEAD}${rows.join('\n')}\n`;
}
