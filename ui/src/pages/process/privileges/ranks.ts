import { rank } from '../rights';

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
export const privilegesRanked = rank({ machine, some, usual });
