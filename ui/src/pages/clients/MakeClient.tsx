import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Clients, EnrolmentKey } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { type ClientSearch, settingsHref } from '@/app/search';
import { Loaded } from '@/primitives/Loaded';
import { Unseen } from '@/primitives/Page';
import { Step, Steps } from '@/primitives/Steps';
import { newKey } from '../settings/keyDraft';
import { AddressFields } from './AddressFields';
import { Commands } from './Commands';
import { type Asked, type Draft, packageOf, proposedAddress } from './draft';
import { Enrolled } from './Enrolled';
import { KeyChoice } from './KeyChoice';
import { Made } from './Made';
import classes from './MakeClient.module.css';
import { OptionFields } from './OptionFields';
import { PackageChoice } from './PackageChoice';
import { Summary } from './Summary';
import { save, useLastMade } from './useMake';

interface MakeClientProps {
  clients: Clients;
  search: ClientSearch;
  go(change: ClientSearch, replace?: boolean): void;
  draft: Draft;
  onDraft(change: Partial<Draft>): void;
}

/** A client, from what it is to be to the stations that come in with it. */
export function MakeClient(props: MakeClientProps) {
  const { t } = useI18n();
  const keys = useQuery({ ...queries.enrolmentKeys(), select: (found) => found.keys });
  return (
    <Loaded query={keys} failed={t('keys.failed')} lines={12}>
      {(found) => <Form {...props} keys={found} />}
    </Loaded>
  );
}

function Form({ clients, search, go, draft, onDraft, keys }: MakeClientProps & { keys: readonly EnrolmentKey[] }) {
  const { t, fmt } = useI18n();
  const made = useLastMade();
  // There is one: the page is another where there is none.
  const of = packageOf(clients.packages, search.package)!;
  const proposed = proposedAddress(clients.server, location.hostname);
  const address = { host: draft.host ?? proposed.host, port: draft.port ?? proposed.port };
  const chosen = keys.find(({ id }) => id === search.key);
  const fresh = {
    ...newKey,
    name: t('client.keyName', { date: fmt.date(new Date().toISOString()) }),
    ...draft.key,
  };
  const asked: Asked = { package: of, address, key: chosen ? chosen.id : fresh, draft };
  return (
    <div className={classes.page}>
      <div className={classes.form}>
        <Steps>
          <Step title={t('client.what')} lead={t('client.whatText')}>
            <PackageChoice
              packages={clients.packages}
              notes={clients.notes}
              value={of}
              onChange={(id) => {
                go({ package: id }, true);
                // Each system has sensors of its own.
                onDraft({ sensor: '' });
              }}
            />
          </Step>
          <Step title={t('client.where')} lead={t('client.whereText')}>
            <AddressFields names={clients.server.names} address={address} onChange={onDraft} />
          </Step>
          <Step
            title={t('client.with')}
            lead={
              <>
                <div>{t('client.withText')}</div>
                <Anchor inherit href={settingsHref({ section: 'keys' })}>
                  {t('client.toKeys')}
                </Anchor>
              </>
            }
          >
            <KeyChoice
              keys={keys}
              chosen={chosen}
              lost={search.key !== undefined && !chosen}
              draft={fresh}
              onChoose={(key) => go({ key }, true)}
              onDraft={(change) => onDraft({ key: { ...draft.key, ...change } })}
            />
          </Step>
          <Step title={t('client.options')} lead={t('client.optionsText')}>
            <OptionFields clients={clients} system={of.system} draft={draft} onChange={onDraft} />
          </Step>
        </Steps>
      </div>
      <div className={classes.summary}>
        <Summary
          clients={clients}
          asked={asked}
          chosen={chosen}
          onMade={(client) => {
            save(client);
            // The key that it has is the one for the next client too.
            go({ key: client.key.id }, true);
            onDraft({ key: {} });
          }}
        />
        <Unseen>
          <span role="status">{made ? t('client.madeSaid', { file: made.file_name }) : null}</span>
        </Unseen>
        {made ? <Made key={made.download} made={made} /> : null}
      </div>
      <div className={classes.commands}>
        <Commands made={made} />
      </div>
      <div className={classes.stations}>
        <Enrolled enrolmentKey={chosen ?? made?.key} />
      </div>
    </div>
  );
}
