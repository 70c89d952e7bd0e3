import type { RankLogOptions } from '../logs/rank-log.ts';
import type { RolePlan } from './role-plan.ts';
import type { Role } from './roles.ts';

export function logOptions({ rank, options }: Pick<RolePlan, 'rank' | 'options'>, role: Role): RankLogOptions {
  return { rank: String(rank), role, level: options.logLevel, directory: options.logDirectory };
}
