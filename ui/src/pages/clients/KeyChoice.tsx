import { NativeSelect } from '@mantine/core';
import type { EnrolmentKey } from '@/api/types';
import { type Translate, useI18n } from '@/app/i18n';
import type { Format } from '@/app/i18n/format';
import { Choice } from '@/primitives/Choice';
import { cut, visible } from '@/primitives/hostile';
import { Labels } from '@/primitives/Labels/Labels';
import { Line, Quiet } from '@/primitives/Page';
import { Verdict } from '@/primitives/Verdict';
import { KeyFields } from '../settings/KeyFields';
import type { KeyDraft } from '../settings/keyDraft';
import classes from './KeyChoice.module.css';

interface KeyChoiceProps {
  keys: readonly EnrolmentKey[];
  /** The one that is chosen; a new one, where absent. */
  chosen: EnrolmentKey | undefined;
  /** The address names one that is not there. */
  lost: boolean;
  draft: KeyDraft;
  onChoose(key: number | undefined): void;
  onDraft(change: Partial<KeyDraft>): void;
}

/** With which enrolment key the stations come in: one that there is, or a new one. */
export function KeyChoice({ keys, chosen, lost, draft, onChoose, onDraft }: KeyChoiceProps) {
  const { t } = useI18n();
  const usable = keys.filter(({ state }) => state === 'usable');
  return (
    <>
      <Choice
        label={t('client.with')}
        value={chosen ? 'existing' : 'new'}
        onChange={(value) => onChoose(value === 'existing' ? usable[0]?.id : undefined)}
        items={[
          { value: 'new', title: t('client.keyNew'), text: t('client.keyNewText') },
          {
            value: 'existing',
            title: t('client.keyExisting'),
            text: usable.length > 0 || chosen ? t('client.keyExistingText') : t('client.keyNone'),
            disabled: usable.length === 0 && !chosen,
          },
        ]}
      />
      {lost ? <Verdict tone="warn">{t('client.keyLost')}</Verdict> : null}
      {chosen ? (
        <ExistingKey keys={usable} chosen={chosen} onChoose={onChoose} />
      ) : (
        <div className={classes.fields}>
          <KeyFields draft={draft} onChange={onDraft} />
        </div>
      )}
    </>
  );
}

interface ExistingKeyProps {
  /** Those that can be chosen. */
  keys: readonly EnrolmentKey[];
  chosen: EnrolmentKey;
  onChoose(key: number): void;
}

function ExistingKey({ keys, chosen, onChoose }: ExistingKeyProps) {
  const { t, fmt } = useI18n();
  // One that was chosen before it was used up stays to be seen.
  const listed = keys.some(({ id }) => id === chosen.id) ? keys : [chosen, ...keys];
  return (
    <div className={classes.existing}>
      <NativeSelect
        label={t('client.key')}
        value={chosen.id}
        onChange={(event) => onChoose(Number(event.currentTarget.value))}
        data={listed.map((each) => ({ value: String(each.id), label: visible(cut(each.name, 80)) }))}
      />
      <Line>
        {chosen.state === 'usable' ? (
          <Quiet>{keyFacts(chosen, t, fmt).join(' · ')}</Quiet>
        ) : (
          <Verdict tone="bad">{t(`client.keyFault.${chosen.state}`)}</Verdict>
        )}
        {chosen.labels.length > 0 ? <Labels labels={chosen.labels} most={6} /> : null}
      </Line>
    </div>
  );
}

/** How much of a key is used, and until when it is good. */
export function keyFacts(key: EnrolmentKey, t: Translate, fmt: Format): string[] {
  return [
    key.max_uses === undefined
      ? t('client.keyUses', { n: key.uses, uses: fmt.number(key.uses) })
      : t('client.keyUsesOf', { uses: fmt.number(key.uses), most: fmt.number(key.max_uses) }),
    key.expires ? t('client.keyUntil', { time: fmt.dateTime(key.expires).slice(0, 16) }) : t('client.keyForEver'),
  ];
}
