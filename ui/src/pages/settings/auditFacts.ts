import type { AuditEntry } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Key } from '@/app/i18n/en';
import type { Format } from '@/app/i18n/format';
import { binaryHref, stationHref } from '@/app/search';

/** What is written into the audit. One that is not here yet is shown by its own name. */
export const auditActions = [
  'session.begin',
  'user.add',
  'user.change',
  'user.password',
  'user.reset-password',
  'user.remove',
  'token.add',
  'token.remove',
  'enrolment-key.add',
  'enrolment-key.revoke',
  'enrolment-key.remove',
  'client.make',
  'client.download',
  'server-name.add',
  'server-name.remove',
  'update.set',
  'update.pause',
  'update.resume',
  'station.enrol',
  'station.part',
  'station.move',
  'station.rename',
  'station.label',
  'station.retire',
  'station.restore',
  'station.revoke',
  'station.remove',
  'task.add',
  'task.cancel',
  'file.download',
  'demo.remove',
  'import',
  'events.export',
  'binaries.export',
  'stations.export',
  'devices.export',
  'device_events.export',
  'search.add',
  'search.change',
  'search.remove',
] as const;

export type AuditAction = (typeof auditActions)[number];

export function actionText(action: string, t: Translate): string {
  const known = auditActions.find((each) => each === action);
  return known ? t(`audit.${known}`) : action;
}

export interface AuditFact {
  name: string;
  /** Hostile, as whatever an analyst or a station wrote. */
  text: string;
}

type FactKey = Extract<Key, `audit.fact.${string}`>;

/** The members by name, in the order in which they are read. */
const names: Record<string, FactKey> = {
  verb: 'audit.fact.verb',
  why: 'audit.fact.why',
  image: 'audit.fact.image',
  process: 'audit.fact.process',
  sha256: 'audit.fact.sha256',
  name: 'audit.fact.name',
  key: 'audit.fact.key',
  key_name: 'audit.fact.key',
  package: 'audit.fact.package',
  version: 'audit.fact.version',
  server: 'audit.fact.server',
  from_name: 'audit.fact.parted',
  before: 'audit.fact.before',
  fingerprint: 'audit.fact.fingerprint',
  address: 'audit.fact.address',
  user: 'audit.fact.user',
  role: 'audit.fact.role',
  disabled: 'audit.fact.disabled',
  enabled: 'audit.fact.enabled',
  labels: 'audit.fact.labels',
  end_process: 'audit.fact.endProcess',
  proxy: 'audit.fact.proxy',
  sensor: 'audit.fact.sensor',
  spool_bytes: 'audit.fact.spool',
  share: 'audit.fact.share',
  threshold: 'audit.fact.threshold',
  retry: 'audit.fact.retry',
  uses: 'audit.fact.uses',
  max_uses: 'audit.fact.maxUses',
  expires: 'audit.fact.expires',
  stations: 'audit.fact.stations',
  processes: 'audit.fact.processes',
  bytes: 'audit.fact.bytes',
  shared: 'audit.fact.shared',
  show: 'audit.fact.show',
  from: 'audit.fact.from',
  to: 'audit.fact.to',
  format: 'audit.fact.format',
};

/** Where a member stands; what is not known yet comes last. */
function rank(member: string): number {
  const at = Object.keys(names).indexOf(member);
  return at < 0 ? Number.MAX_SAFE_INTEGER : at;
}

const roles = ['administrator', 'analyst', 'viewer'] as const;
const verbs = ['fetch_file', 'end_process', 'list_processes', 'diagnose'] as const;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/** What is known beside who did what to what: in words, without numbers that only the database knows. */
export function auditFacts({ action, detail }: AuditEntry, t: Translate, fmt: Format): AuditFact[] {
  const facts: AuditFact[] = [];
  for (const [member, value] of Object.entries(detail).sort(([a], [b]) => rank(a) - rank(b))) {
    const number =
      member === 'id' ||
      member === 'station' ||
      (action === 'station.part' && member === 'from') ||
      (action === 'client.make' && member === 'key');
    const text = number ? '' : written(member, value, t, fmt);
    if (text === '') continue;
    const caller = member === 'from' && (action === 'session.begin' || action === 'client.download');
    const name = caller ? 'audit.fact.address' : names[member];
    facts.push({ name: name ? t(name) : member, text });
  }
  return facts;
}

/** A value in words; nothing where it says nothing. */
function written(member: string, value: unknown, t: Translate, fmt: Format): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return member.endsWith('bytes') ? fmt.bytes(value) : fmt.number(value);
  if (Array.isArray(value)) return value.map(String).join(', ');
  if (typeof value !== 'string') return JSON.stringify(value);
  if (instant.test(value)) return value.startsWith('0001-') ? '' : fmt.dateTime(value);
  const role = member === 'role' && roles.find((each) => each === value);
  if (role) return t(`role.${role}`);
  const verb = member === 'verb' && verbs.find((each) => each === value);
  return verb ? t(`verb.${verb}`) : value;
}

/** The page of what it was done to, where it has one and may still be there. */
export function subjectHref({ action, subject, detail }: AuditEntry): string | undefined {
  if (action === 'file.download') return binaryHref(subject);
  if (action === 'station.remove') return undefined;
  const id = action.startsWith('station.') ? detail.id : action.startsWith('task.') ? detail.station : undefined;
  return typeof id === 'number' ? stationHref(id, action.startsWith('task.') ? 'tasks' : undefined) : undefined;
}
