/** Says which rank Dragon says it is, on both outputs, and ends with that as its code. */
const { ROLECALL_DRAGON_RANK: rank, ROLECALL_DRAGON_SIZE: size, ROLECALL_DRAGON_LOCAL_SIZE: here } = process.env;
console.log(`rank ${rank} of ${size}, ${here} here: ${JSON.stringify(process.argv.slice(2))}`);
console.error(`rank ${rank} on the other output`);
process.exitCode = Number(rank);
