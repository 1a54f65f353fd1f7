/** How much harm a privilege allows: whoever has it owns the machine, can do some harm, or can do next to none. */
export type Danger = 'machine' | 'some' | 'usual';

const machine = [
  'SeDebugPrivilege',
  'SeTcbPrivilege',
  'SeLoadDriverPrivilege',
  'SeImpersonatePrivilege',
  'SeAssignPrimaryTokenPrivilege',
  'SeBackupPrivilege',
  'SeRestorePrivilege',
  'SeTakeOwnershipPrivilege',
  'SeCreateTokenPrivilege',
  'SeDelegateSessionUserImpersonatePrivilege',
  'SeTrustedCredManAccessPrivilege',
  'SeManageVolumePrivilege',
  'SeRelabelPrivilege',
];

const some = [
  'SeSecurityPrivilege',
  'SeEnableDelegationPrivilege',
  'SeSyncAgentPrivilege',
  'SeMachineAccountPrivilege',
  'SeSystemEnvironmentPrivilege',
  'SeAuditPrivilege',
  'SeCreateSymbolicLinkPrivilege',
  'SeCreatePermanentPrivilege',
  'SeRemoteShutdownPrivilege',
  'SeSystemtimePrivilege',
  'SeSystemProfilePrivilege',
  'SeProfileSingleProcessPrivilege',
  'SeIncreaseQuotaPrivilege',
  'SeIncreaseBasePriorityPrivilege',
  'SeLockMemoryPrivilege',
  'SeCreatePagefilePrivilege',
];

const usual = [
  'SeCreateGlobalPrivilege',
  'SeShutdownPrivilege',
  'SeTimeZonePrivilege',
  'SeUndockPrivilege',
  'SeIncreaseWorkingSetPrivilege',
  'SeChangeNotifyPrivilege',
];

/** Every privilege of Windows, the most dangerous first. */
export const ranked: readonly { name: string; danger: Danger }[] = [
  ...machine.map((name) => ({ name, danger: 'machine' as const })),
  ...some.map((name) => ({ name, danger: 'some' as const })),
  ...usual.map((name) => ({ name, danger: 'usual' as const })),
];

export interface Held {
  name: string;
  /** Absent for a name that Windows does not have, or not yet. */
  danger?: Danger;
  enabled: boolean;
  /** It was enabled from the beginning. */
  byDefault: boolean;
}

/** The privileges of a process in one list, the dangerous ones first, unknown ones between them and the harmless. */
export function heldBy(enabled: readonly string[], byDefault: readonly string[], present: readonly string[]): Held[] {
  const names = new Set([...enabled, ...byDefault, ...present]);
  const held = (name: string, danger?: Danger): Held => ({
    name,
    danger,
    enabled: enabled.includes(name),
    byDefault: byDefault.includes(name),
  });
  const known = ranked.filter(({ name }) => names.delete(name)).map(({ name, danger }) => held(name, danger));
  const harmless = known.findIndex(({ danger }) => danger === 'usual');
  known.splice(harmless < 0 ? known.length : harmless, 0, ...[...names].sort().map((name) => held(name)));
  return known;
}
