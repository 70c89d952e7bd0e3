/** Prints lines, the last of which does not end. */
process.stdout.write('first\n\nlast');
process.stderr.write('trouble\n');
