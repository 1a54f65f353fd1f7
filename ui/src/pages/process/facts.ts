import type { EventRow } from '@/api/types';
import type { Translate } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import type { Fact, FactGroup } from '@/primitives/Facts';
import { exitCode, processHref, valueFor } from '../events/fields';
import { entropy, missing } from './missing';

/** What is known about a process, in groups. */
export function factGroups(row: EventRow, t: Translate, fmt: Format): FactGroup[] {
  const fact = (member: keyof EventRow, shown?: Fact['shown'], more: Partial<Fact> = {}): Fact | undefined => {
    const value = valueFor(row, member);
    if (!value) return undefined;
    const page =
      value.page && value.page.href !== processHref(row.process)
        ? { ...value.page, label: t('value.page') }
        : undefined;
    return {
      name: t(`field.${member}` as 'field.user'),
      shown: shown ?? value.value,
      value: { ...value, page },
      ...more,
    };
  };
  const code = (member: keyof EventRow) => fact(member, undefined, { code: true });
  const time = (member: keyof EventRow) => {
    const at = row[member];
    return at ? fact(member, fmt.exact(String(at))) : undefined;
  };
  const count = (member: keyof EventRow) =>
    row[member] === undefined ? undefined : fact(member, fmt.number(Number(row[member])));
  const size = (member: keyof EventRow) =>
    row[member] === undefined ? undefined : fact(member, fmt.bytes(Number(row[member])));
  const yesNo = (member: keyof EventRow) =>
    row[member] === undefined ? undefined : fact(member, row[member] ? t('yes') : t('no'));

  return [
    {
      title: t('facts.run'),
      facts: [
        time('started'),
        row.stopped === undefined
          ? undefined
          : fact(
              'stopped',
              row.inferred ? `${fmt.exact(row.stopped)}. ${t('mark.inferredText')}` : fmt.exact(row.stopped),
            ),
        row.duration_ms === undefined ? undefined : fact('duration_ms', fmt.duration(row.duration_ms)),
        row.exit_code === undefined ? undefined : fact('exit_code', exitCode(row.exit_code), { code: true }),
        fact('pid', String(row.pid), { code: true }),
        code('current_directory'),
        fact('station'),
      ],
    },
    {
      title: t('facts.rights'),
      facts: [
        fact('user'),
        code('user_sid'),
        row.integrity && fact('integrity', t(`integrity.${row.integrity}`)),
        yesNo('elevated'),
        row.elevation && fact('elevation', t(`elevation.${row.elevation}`)),
        row.logon_id === undefined ? undefined : fact('logon_id', `0x${row.logon_id.toString(16)}`, { code: true }),
        code('session'),
        yesNo('protected'),
        row.app_container ? yesNo('app_container') : undefined,
      ],
    },
    {
      title: t('facts.place'),
      facts: [fact('container', undefined, { code: true, copied: true }), code('namespaces')],
    },
    {
      title: t('facts.binary'),
      facts: [
        row.image_mismatch ? fact('image_mismatch', t('mark.mismatchText')) : undefined,
        code('image'),
        code('sha256'),
        code('sha1'),
        code('md5'),
        code('imphash'),
        row.signed === undefined && !row.signer
          ? undefined
          : fact(row.signer ? 'signer' : 'signed', row.signer ?? (row.signed ? t('yes') : t('unsigned'))),
        fact('description'),
        fact('product'),
        fact('company'),
        fact('file_version'),
        fact('original_file_name'),
        size('file_size'),
        fact('architecture'),
        row.entry_entropy === undefined ? undefined : fact('entry_entropy', entropy(row.entry_entropy, t, fmt)),
        code('entry_sha256'),
        time('compiled'),
        count('prevalence'),
        count('runs'),
        yesNo('wow64'),
        fact('package'),
      ],
    },
    {
      title: t('facts.missing'),
      facts: missing(row, t),
    },
    {
      title: t('facts.parent'),
      facts: [
        code('parent_image'),
        code('parent_command_line'),
        fact('parent_pid', String(row.parent_pid), { code: true }),
        fact('parent_user'),
        time('parent_started'),
        code('grandparent_image'),
        row.creator_pid && row.creator_pid !== row.parent_pid ? code('creator_pid') : undefined,
      ],
    },
    {
      title: t('facts.source'),
      facts: [
        fact('origin', t(`origin.${row.origin}`)),
        fact('sensor'),
        code('source_file'),
        count('source_record'),
        code('process_guid'),
        count('process_seq'),
        code('boot_id'),
      ],
    },
  ];
}

/** What one asks first of a process, for where there is little room. */
export function firstFacts(row: EventRow, t: Translate, fmt: Format): FactGroup[] {
  const asked: readonly (keyof EventRow)[] = [
    'started',
    'stopped',
    'pid',
    'user',
    'integrity',
    'image',
    'sha256',
    'signer',
    'signed',
    'container',
    'image_mismatch',
    'parent_image',
    'parent_command_line',
  ];
  const names = new Set(asked.map((member) => t(`field.${member}` as 'field.user')));
  return factGroups(row, t, fmt).map(({ title, facts }) => ({
    title,
    facts: facts.filter((fact) => fact && names.has(fact.name)),
  }));
}
