/** Says on which rank a module of the job was run. */
console.log(`body on rank ${process.env['ROLECALL_RANK']}`);
