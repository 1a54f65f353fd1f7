import { Anchor, NativeSelect, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { queries } from '@/api/queries';
import type { AuditEntry } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { type SettingsSearch, settingsHref } from '@/app/search';
import { visible } from '@/primitives/hostile';
import { Loaded } from '@/primitives/Loaded';
import { MorePages } from '@/primitives/MorePages';
import { Line, None, Panel, Quiet, SmallTable } from '@/primitives/Page';
import { HostileText, TimeCell } from '@/primitives/Text';
import { actionText, auditActions, auditFacts, subjectHref } from './auditFacts';

/** A hash is told by its beginning, as everywhere. */
const hash = /^[0-9a-f]{64}$/;

interface AuditProps {
  /** As the address says. */
  who: string | undefined;
  action: string | undefined;
  onChange(change: Pick<SettingsSearch, 'who' | 'action'>): void;
}

/** Who did what, the newest first. */
export function Audit({ who, action, onChange }: AuditProps) {
  const { t } = useI18n();
  const found = useInfiniteQuery({ ...queries.audit({ who, action }), placeholderData: keepPreviousData });
  const known = auditActions.some((each) => each === action);
  return (
    <Panel
      title={t('settings.audit')}
      lead={t('audit.lead')}
      flush
      actions={<Filters {...{ who, action, onChange }} />}
    >
      <Loaded query={found} failed={t('audit.failed')} lines={8}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries);
          if (entries.length === 0) return <None>{t('audit.none')}</None>;
          return (
            <>
              <SmallTable
                label={t('settings.audit')}
                head={[t('audit.when'), t('audit.who'), t('audit.action'), t('audit.subject'), t('audit.detail')]}
                widths={[168, 96, 168, 168, undefined]}
              >
                {entries.map((entry) => (
                  <Entry key={entry.id} entry={entry} action={known ? action : undefined} />
                ))}
              </SmallTable>
              <MorePages query={found} failed={t('audit.moreFailed')} />
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Filters({ who, action, onChange }: AuditProps) {
  const { t } = useI18n();
  const choose = (name: string) => {
    const next = name.trim() || undefined;
    if (next !== who) onChange({ who: next, action });
  };
  return (
    <Line>
      <TextInput
        key={who}
        size="xs"
        aria-label={t('audit.who')}
        placeholder={t('audit.everybody')}
        defaultValue={who}
        onBlur={(event) => choose(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') choose(event.currentTarget.value);
        }}
      />
      <NativeSelect
        size="xs"
        aria-label={t('audit.action')}
        value={action ?? ''}
        onChange={(event) => onChange({ who, action: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: t('audit.everything') },
          // An address may name one that this page does not know.
          ...(action && !auditActions.some((each) => each === action)
            ? [{ value: action, label: visible(action) }]
            : []),
          ...auditActions.map((each) => ({ value: each, label: t(`audit.${each}`) })),
        ]}
      />
    </Line>
  );
}

function Entry({ entry, action }: { entry: AuditEntry; action: string | undefined }) {
  const { t, fmt } = useI18n();
  const href = subjectHref(entry);
  // Who logs in, and changes a password, does it to nobody but himself.
  const subject = entry.subject === entry.who ? '' : entry.subject;
  return (
    <tr>
      <td>
        <TimeCell>{entry.time}</TimeCell>
      </td>
      <td>
        <Anchor
          href={settingsHref({ section: 'audit', who: entry.who, action })}
          title={t('audit.onlyBy', { who: visible(entry.who) })}
        >
          <HostileText limit={60}>{entry.who}</HostileText>
        </Anchor>
      </td>
      <td>
        <HostileText limit={60}>{actionText(entry.action, t)}</HostileText>
      </td>
      <td title={visible(subject)}>
        {href ? (
          <Anchor href={href}>
            <HostileText limit={80}>{subject}</HostileText>
          </Anchor>
        ) : (
          <HostileText limit={80}>{subject}</HostileText>
        )}
      </td>
      <td>
        {auditFacts(entry, t, fmt).map(({ name, text }, i) => (
          <Fragment key={name}>
            {i > 0 ? ' · ' : ''}
            <Quiet>{name}</Quiet>{' '}
            <span title={visible(text)}>
              <HostileText limit={hash.test(text) ? 8 : 160}>{text}</HostileText>
            </span>
          </Fragment>
        ))}
      </td>
    </tr>
  );
}
