/** Takes a rank: `claim.ts <folder> <size> <node>`, of two nodes with half of the ranks each; prints it. */
import { claimRank } from '../../../src/runners/pbs-claim.ts';

const [folder = '', size = '', node = ''] = process.argv.slice(2);
const hosts = Array.from({ length: Number(size) }, (_, rank) => (rank < Number(size) / 2 ? 'a' : 'b'));
try {
  console.log(claimRank({ folder, size: Number(size), node: Number(node), hosts, job: '9.x' }));
} catch (error) {
  console.log((error as { code: string }).code);
}
