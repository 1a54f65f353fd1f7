import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { AddressCheck, Clients, ServerName } from '@/api/types';
import { useI18n } from '@/app/i18n';
import { visible } from '@/primitives/hostile';
import { useErrorText } from '@/primitives/State';
import { FieldRow, Fold } from '@/primitives/Steps';
import { HostileText } from '@/primitives/Text';
import { useSaid } from '@/primitives/useSaid';
import { Verdict } from '@/primitives/Verdict';
import classes from './AddressFields.module.css';
import { type Address, addressFault, addressOf, pastedAddress } from './draft';

/** How long one has not typed before the server is asked what it thinks of it. */
const pause = 350;

interface AddressFieldsProps {
  names: readonly ServerName[];
  address: Address;
  onChange(change: Partial<Address>): void;
}

/** Where agents report, and whether that will do. */
export function AddressFields({ names, address, onChange }: AddressFieldsProps) {
  const { t } = useI18n();
  const fault = addressFault(address);
  return (
    <>
      <div>
        <FieldRow>
          <TextInput
            label={t('client.host')}
            value={address.host}
            error={fault === 'host' || fault === 'missing'}
            // Whole addresses are pasted here, and taken apart.
            onChange={(event) => onChange(pastedAddress(event.currentTarget.value))}
            autoComplete="off"
            spellCheck={false}
          />
          <TextInput
            w={96}
            label={t('client.port')}
            value={address.port}
            error={fault === 'port'}
            inputMode="numeric"
            onChange={(event) => onChange({ port: event.currentTarget.value })}
            autoComplete="off"
          />
        </FieldRow>
        <div className={classes.verdict} role="status">
          {fault ? <Verdict tone="bad">{t(`client.fault.${fault}`)}</Verdict> : <Checked server={addressOf(address)} />}
        </div>
      </div>
      {names.length > 0 ? <Names names={names} /> : null}
    </>
  );
}

/** What the server says of the address. */
function Checked({ server }: { server: string }) {
  const { t } = useI18n();
  const { text } = useSaid();
  const errorText = useErrorText();
  const [asked] = useDebouncedValue(server, pause);
  const { data, error, isPlaceholderData } = useQuery({
    ...queries.clientAddress(asked),
    placeholderData: keepPreviousData,
  });
  if (error) return <Verdict tone="warn">{t('client.notChecked', { why: errorText(error) })}</Verdict>;
  if (data === undefined || isPlaceholderData || asked !== server) {
    return <Verdict tone="plain">{t('client.checking')}</Verdict>;
  }
  return (
    <>
      {data.ok ? (
        <Verdict tone="good">{t('client.addressGood')}</Verdict>
      ) : (
        <Verdict tone="warn">{data.problem ? text(data.problem) : t('client.addressDoubtful')}</Verdict>
      )}
      {data.covered || data.host === '' ? null : <AddName check={data} />}
    </>
  );
}

/** Puts a name into the server's certificate, or takes one out, and has all that tells of it read anew. */
function useNames(change: (name: string) => Promise<{ names: ServerName[] }>) {
  const client = useQueryClient();
  const errorText = useErrorText();
  return useMutation({
    mutationFn: change,
    onSuccess: async ({ names }) => {
      client.setQueryData<Clients>(queries.clients().queryKey, (old) =>
        old ? { ...old, server: { ...old.server, names } } : old,
      );
      await client.invalidateQueries({ queryKey: ['clients', 'address'] });
    },
    onError: (error) => notifications.show({ color: 'red', message: errorText(error) }),
  });
}

function AddName({ check: { host } }: { check: AddressCheck }) {
  const { t } = useI18n();
  const add = useNames(api.addServerName);
  return (
    <Button size="compact-sm" loading={add.isPending} onClick={() => add.mutate(host)}>
      {t('client.addName', { name: visible(host) })}
    </Button>
  );
}

/** What the server's certificate is for; what people added can be taken out. */
function Names({ names }: { names: readonly ServerName[] }) {
  const { t, fmt } = useI18n();
  const remove = useNames(api.removeServerName);
  return (
    <Fold label={t('client.names')} note={fmt.number(names.length)}>
      <ul className={classes.names} aria-label={t('client.names')}>
        {names.map(({ name, added }) => (
          <li key={name} className={classes.name}>
            <HostileText limit={120}>{name}</HostileText>
            {added ? (
              <button
                type="button"
                className={classes.remove}
                disabled={remove.isPending}
                aria-label={t('client.removeName', { name: visible(name) })}
                onClick={() => remove.mutate(name)}
              >
                <IconX size={12} aria-hidden="true" />
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </Fold>
  );
}
