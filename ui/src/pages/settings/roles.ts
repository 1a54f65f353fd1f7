import type { Role } from '@/api/types';

/** The roles, that with most rights first. */
export const roles: readonly Role[] = ['administrator', 'analyst', 'viewer'];

/** The roles that somebody may hand on: none above their own. */
export function rolesUpTo(role: Role): Role[] {
  return roles.slice(roles.indexOf(role));
}
