import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { SavedSearch } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { useSession } from '@/app/session';
import { Fields, FormError } from '@/primitives/Card';
import { visible } from '@/primitives/hostile';
import { Line, Quiet } from '@/primitives/Page';
import { useErrorText } from '@/primitives/State';
import { HostileText } from '@/primitives/Text';
import { useRangeName } from '@/primitives/TimeRange';
import { type Asked, askedBy, rangeOf, sameAs } from './address';
import classes from './searches.module.css';

const longestName = 128;

interface SearchDialogueProps {
  /** The search to be changed; a new one, where absent. */
  saved?: SavedSearch;
  onClose(): void;
}

/** Saves what is asked now, or changes what was saved. */
export function SearchDialogue({ saved, onClose }: SearchDialogueProps) {
  const { t } = useI18n();
  const { user } = useSession();
  const client = useQueryClient();
  const errorText = useErrorText();
  const location = useRouterState({ select: (state) => state.location });
  const present = askedBy(location.pathname, location.search as Record<string, unknown>);
  const [name, setName] = useState(saved?.name ?? '');
  const [description, setDescription] = useState(saved?.description ?? '');
  const [shared, setShared] = useState(saved?.shared ?? false);
  const [replace, setReplace] = useState(false);
  const asked: Asked | undefined = saved && !replace ? saved : present;
  const mayShare = user.role !== 'viewer';

  const save = useMutation({
    mutationFn: () => {
      // A member left out of a change stays as it is: what the new span does not have is emptied by name.
      const { page, q, range, from, to, order } = asked!;
      const asks = { page, q, range, from, to, order: order ?? '' };
      const about = { name: name.trim(), description: description.trim(), shared };
      if (!saved) return api.addSearch({ ...about, ...asks });
      return api.changeSearch(saved.id, replace ? { ...about, ...asks } : about);
    },
    onSuccess: async ({ name: kept }) => {
      notifications.show({ message: t(saved ? 'searches.changed' : 'searches.saved', { name: visible(kept) }) });
      onClose();
      await client.invalidateQueries({ queryKey: queries.searches().queryKey });
    },
  });
  const ready = name.trim() !== '' && asked !== undefined;
  return (
    <Modal
      opened
      onClose={onClose}
      title={saved ? t('searches.editTitle') : t('searches.save')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Fields onSubmit={() => ready && !save.isPending && save.mutate()}>
        {save.error ? <FormError>{errorText(save.error)}</FormError> : null}
        <TextInput
          label={t('searches.name')}
          value={name}
          maxLength={longestName}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          autoComplete="off"
        />
        <Textarea
          label={t('searches.description')}
          description={t('searches.descriptionHint')}
          rows={3}
          maxLength={2000}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        {asked ? <AskedFor asked={asked} /> : null}
        {saved && present && !sameAs(saved, present) ? (
          <label className={classes.check}>
            <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.currentTarget.checked)} />
            {t('searches.usePresent')}
          </label>
        ) : null}
        <label className={classes.check} data-off={!mayShare || undefined}>
          <input
            type="checkbox"
            checked={shared}
            disabled={!mayShare}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
          {t('searches.share')}
          {mayShare ? null : <Quiet>{t('searches.shareForbidden')}</Quiet>}
        </label>
        <Line end>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="filled" disabled={!ready} loading={save.isPending}>
            {t('searches.saveButton')}
          </Button>
        </Line>
      </Fields>
    </Modal>
  );
}

/** What a search asks, in words. */
function AskedFor({ asked }: { asked: Asked }) {
  const { t } = useI18n();
  const rangeName = useRangeName();
  const range = rangeOf(asked);
  return (
    <dl className={classes.asked}>
      <dt>{t('searches.page')}</dt>
      <dd>{t(`tab.${asked.page}`)}</dd>
      <dt>{t('searches.filter')}</dt>
      <dd>
        {asked.q ? (
          <code>
            <HostileText limit={400}>{asked.q}</HostileText>
          </code>
        ) : (
          t('searches.everything')
        )}
      </dd>
      {range ? (
        <>
          <dt>{t('searches.range')}</dt>
          <dd>{rangeName(range)}</dd>
        </>
      ) : null}
    </dl>
  );
}

/** Asks before a search is deleted. */
export function RemoveDialogue({ saved, onClose }: { saved: SavedSearch; onClose(): void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const errorText = useErrorText();
  const name = visible(saved.name);
  const remove = useMutation({
    mutationFn: () => api.deleteSearch(saved.id),
    onSuccess: async () => {
      notifications.show({ message: t('searches.removed', { name }) });
      onClose();
      await client.invalidateQueries({ queryKey: queries.searches().queryKey });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('searches.remove', { name })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {remove.error ? <FormError>{errorText(remove.error)}</FormError> : null}
      <p>{t('searches.removeText')}</p>
      <Line end>
        <Button onClick={onClose} data-autofocus>
          {t('cancel')}
        </Button>
        <Button variant="filled" color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('searches.delete')}
        </Button>
      </Line>
    </Modal>
  );
}
