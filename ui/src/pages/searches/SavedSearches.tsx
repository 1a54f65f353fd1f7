import { ActionIcon, Popover, Tooltip } from '@mantine/core';
import { IconBookmark } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { SavedSearch } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { Waiting } from '@/primitives/State';

const SearchMenu = lazy(async () => ({ default: (await import('./SearchMenu')).SearchMenu }));
const SearchDialogue = lazy(async () => ({ default: (await import('./SearchDialogue')).SearchDialogue }));
const RemoveDialogue = lazy(async () => ({ default: (await import('./SearchDialogue')).RemoveDialogue }));

type Dialogue = { kind: 'save' } | { kind: 'edit' | 'remove'; search: SavedSearch };

/** The saved searches, at the end of the filter bar. What is behind the button is fetched when it is pressed. */
export function SavedSearches() {
  const { t } = useI18n();
  const [opened, setOpened] = useState(false);
  const [dialogue, setDialogue] = useState<Dialogue>();
  const close = () => setDialogue(undefined);
  return (
    <>
      <Popover opened={opened} onChange={setOpened} position="bottom-end" width={400} trapFocus returnFocus>
        <Popover.Target>
          <Tooltip label={t('searches.title')} disabled={opened}>
            <ActionIcon
              size={22}
              aria-label={t('searches.title')}
              aria-expanded={opened}
              onClick={() => setOpened(!opened)}
            >
              <IconBookmark size={16} />
            </ActionIcon>
          </Tooltip>
        </Popover.Target>
        <Popover.Dropdown p={0} aria-label={t('searches.title')}>
          <Suspense fallback={<Waiting lines={4} />}>
            <SearchMenu
              onClose={() => setOpened(false)}
              onDialogue={(next) => {
                setOpened(false);
                setDialogue(next);
              }}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
      <Suspense fallback={null}>
        {dialogue?.kind === 'save' ? <SearchDialogue onClose={close} /> : null}
        {dialogue?.kind === 'edit' ? <SearchDialogue saved={dialogue.search} onClose={close} /> : null}
        {dialogue?.kind === 'remove' ? <RemoveDialogue saved={dialogue.search} onClose={close} /> : null}
      </Suspense>
    </>
  );
}

export type { Dialogue };
