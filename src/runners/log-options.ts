import type { RankLogOptions } from '../logs/rank-log.ts';
import type { RolePlan } from './role-plan.ts';
import type { Role } from './roles.ts';

export function logOptions({ name, options }: Pick<RolePlan, 'name' | 'options'>, role: Role): RankLogOptions {
  return { rank: name, role, level: options.logLevel, directory: options.logDirectory };
}
