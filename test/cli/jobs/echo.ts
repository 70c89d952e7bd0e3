/** Says which rank it is, and ends as it is told: `exit <rank>:<code or signal>…`. */
const { ROLECALL_RANK, ROLECALL_SIZE } = process.env;
const [first, ...ends] = process.argv.slice(2);
if (first === 'exit') {
  const end = ends.find((text) => text.startsWith(`${ROLECALL_RANK}:`))?.split(':')[1];
  if (end?.startsWith('SIG')) process.kill(process.pid, end);
  process.exitCode = Number(end ?? 0);
} else {
  console.log(`rank ${ROLECALL_RANK} of ${ROLECALL_SIZE}: ${JSON.stringify(process.argv.slice(2))}`);
}
