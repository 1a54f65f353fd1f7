import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { IconBookmarkPlus, IconLink, IconPencil, IconSearch, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '@/api/queries';
import type { SavedSearch } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Chip } from '@/primitives/Chip';
import { visible } from '@/primitives/hostile';
import { Empty, Failure, Waiting } from '@/primitives/State';
import { HostileText } from '@/primitives/Text';
import { useRangeName } from '@/primitives/TimeRange';
import { useCopy } from '@/primitives/useCopy';
import { askedBy, hrefOf, linkOf, rangeOf, sameAs } from './address';
import type { Dialogue } from './SavedSearches';
import classes from './searches.module.css';

interface SearchMenuProps {
  onClose(): void;
  onDialogue(dialogue: Dialogue): void;
}

/** The own saved searches and those that others share, to be opened, changed and added to. */
export function SearchMenu({ onClose, onDialogue }: SearchMenuProps) {
  const { t } = useI18n();
  const location = useRouterState({ select: (state) => state.location });
  const asked = askedBy(location.pathname, location.search as Record<string, unknown>);
  const searches = useQuery(queries.searches());
  const [find, setFind] = useState('');
  const wanted = find.trim().toLowerCase();
  const found = (searches.data?.searches ?? []).filter((each) =>
    [each.name, each.description, each.q, each.owner].some((text) => text.toLowerCase().includes(wanted)),
  );
  const group = (title: string, list: SavedSearch[]) =>
    list.length === 0 ? null : (
      <>
        <h3>{title}</h3>
        <ul className={classes.list}>
          {list.map((each) => (
            <Item
              key={each.id}
              saved={each}
              current={asked !== undefined && sameAs(asked, each)}
              onClose={onClose}
              onDialogue={onDialogue}
            />
          ))}
        </ul>
      </>
    );
  return (
    <div className={classes.menu}>
      <header>
        <Button
          fullWidth
          leftSection={<IconBookmarkPlus size={16} />}
          disabled={!asked}
          title={asked ? undefined : t('searches.notHere')}
          onClick={() => onDialogue({ kind: 'save' })}
        >
          {t('searches.save')}
        </Button>
        {searches.data && searches.data.searches.length > 5 ? (
          <TextInput
            size="xs"
            aria-label={t('searches.find')}
            placeholder={t('searches.find')}
            leftSection={<IconSearch size={14} />}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
          />
        ) : null}
      </header>
      <div className={classes.body}>
        {searches.error ? (
          <Failure what={t('searches.failed')} error={searches.error} onRetry={() => void searches.refetch()} />
        ) : searches.isPending ? (
          <Waiting lines={4} />
        ) : searches.data.searches.length === 0 ? (
          <Empty title={t('searches.none')}>{t('searches.noneText')}</Empty>
        ) : found.length === 0 ? (
          <Empty title={t('searches.noneMatch')} />
        ) : (
          <>
            {group(
              t('searches.own'),
              found.filter((each) => each.mine),
            )}
            {group(
              t('searches.shared'),
              found.filter((each) => !each.mine),
            )}
          </>
        )}
      </div>
    </div>
  );
}

function Item({ saved, current, onClose, onDialogue }: SearchMenuProps & { saved: SavedSearch; current: boolean }) {
  const { t } = useI18n();
  const { user } = useSession();
  const copy = useCopy();
  const rangeName = useRangeName();
  const name = visible(saved.name);
  const range = rangeOf(saved);
  const may = saved.mine || (saved.shared && user.role === 'administrator');
  return (
    <li className={classes.item} data-current={current || undefined}>
      <a href={hrefOf(saved)} onClick={onClose} aria-current={current ? 'page' : undefined}>
        <span className={classes.name}>
          <HostileText limit={128}>{saved.name}</HostileText>
          {saved.shared && saved.mine ? <Chip>{t('searches.sharedChip')}</Chip> : null}
        </span>
        {saved.description ? (
          <span className={classes.description}>
            <HostileText limit={200}>{saved.description}</HostileText>
          </span>
        ) : null}
        <span className={classes.asks}>
          {t(`tab.${saved.page}`)} · {range ? `${rangeName(range)} · ` : ''}
          <code>
            <HostileText limit={160}>{saved.q || t('searches.everything')}</HostileText>
          </code>
        </span>
        {saved.mine || !saved.owner ? null : (
          <span className={classes.asks}>
            <HostileText limit={60}>{t('searches.by', { owner: saved.owner })}</HostileText>
          </span>
        )}
      </a>
      <span className={classes.actions}>
        <Tooltip label={t('searches.copyLink', { name })}>
          <ActionIcon
            size={24}
            aria-label={t('searches.copyLink', { name })}
            onClick={() => copy(linkOf(saved.id), t('searches.linkCopied'))}
          >
            <IconLink size={14} />
          </ActionIcon>
        </Tooltip>
        {may ? (
          <>
            <Tooltip label={t('searches.edit', { name })}>
              <ActionIcon
                size={24}
                aria-label={t('searches.edit', { name })}
                onClick={() => onDialogue({ kind: 'edit', search: saved })}
              >
                <IconPencil size={14} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label={t('searches.remove', { name })}>
              <ActionIcon
                size={24}
                aria-label={t('searches.remove', { name })}
                onClick={() => onDialogue({ kind: 'remove', search: saved })}
              >
                <IconTrash size={14} />
              </ActionIcon>
            </Tooltip>
          </>
        ) : null}
      </span>
    </li>
  );
}
